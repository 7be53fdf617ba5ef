// SPDX-License-Identifier: Apache-2.0
// Shows: a reduction by a user's function is pending at the cut while the main thread is in pthread_join. The function uses malloc, so
// no thread may drain where it was interrupted: one of those that call MPI does, and none of them is stopped before.
// live: ranks=2 cuts=all
#include "lib/add_by_copy.h"
#include "lib/live.h"

#include <pthread.h>

enum { n = 500 };
static long mine[n], sum[n];
static volatile int cut_is_over;

static void* reduce(void* unused) {
  MPI_Op op;
  MPI_Request request;
  MPI_Op_create(add_by_copy, 1, &op);
  for (int i = 0; i < n; i++) mine[i] = 1000 * live_rank + i;
  MPI_Iallreduce(mine, sum, n, MPI_LONG, op, MPI_COMM_WORLD, &request);
  live_cut(0);
  cut_is_over = 1;
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  MPI_Op_free(&op);
  return unused;
}

static void* look(void* comm) {
  for (int flag = 0; !cut_is_over;) {
    MPI_Iprobe(0, 0, *(MPI_Comm*)comm, &flag, MPI_STATUS_IGNORE);
    LIVE_CHECK(!flag);
    live_work();
  }
  return NULL;
}

int main(int argc, char** argv) {
  int provided = 0;
  pthread_t threads[2];
  MPI_Comm own;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  live_begin(2);
  LIVE_CHECK(provided == MPI_THREAD_MULTIPLE);
  MPI_Comm_dup(MPI_COMM_SELF, &own);
  LIVE_CHECK(pthread_create(&threads[0], NULL, reduce, NULL) == 0);
  LIVE_CHECK(pthread_create(&threads[1], NULL, look, &own) == 0);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < n; i++) LIVE_CHECK(sum[i] == 1000 + 2 * i);
  live_mix(sum, sizeof sum);
  MPI_Comm_free(&own);
  return live_end();
}
