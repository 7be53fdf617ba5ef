// SPDX-License-Identifier: Apache-2.0
// Shows: a reduction by a user's function is pending at the cut, the main thread, which alone may call MPI, is in pthread_join, and the thread it
// waits for computes: that one goes on until the main thread calls MPI again.
// live: ranks=2 cuts=late
#include "lib/add_by_copy.h"
#include "lib/live.h"

#include <pthread.h>

enum { n = 500 };

static void* compute(void* unused) {
  live_cut_one(0);
  return unused;
}

int main(int argc, char** argv) {
  int provided = 0;
  static long mine[n], sum[n];
  pthread_t computing;
  MPI_Op op;
  MPI_Request request;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  live_begin(2);
  MPI_Op_create(add_by_copy, 1, &op);
  for (int i = 0; i < n; i++) mine[i] = 1000 * live_rank + i;
  MPI_Iallreduce(mine, sum, n, MPI_LONG, op, MPI_COMM_WORLD, &request);
  LIVE_CHECK(pthread_create(&computing, NULL, compute, NULL) == 0);
  pthread_join(computing, NULL);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  MPI_Op_free(&op);
  for (int i = 0; i < n; i++) LIVE_CHECK(sum[i] == 1000 * live_size * (live_size - 1) / 2 + live_size * i);
  live_mix(sum, sizeof sum);
  MPI_Barrier(MPI_COMM_WORLD);
  return live_end();
}
