// SPDX-License-Identifier: Apache-2.0
// Shows: a generalized request is waited for among others after the cut, completed by a thread; query, free and cancel
// functions are called as MPI says.
// live: ranks=2 cuts=all abi
#include "lib/live.h"

#include <pthread.h>

struct work {
  int queried, freed, cancelled, value;
};
static volatile int go;
static MPI_Request the_request;

static int query(void* extra, MPI_Status* status) {
  struct work* w = extra;
  w->queried++;
  MPI_Status_set_elements(status, MPI_INT, w->value);
  MPI_Status_set_cancelled(status, w->cancelled);
  status->MPI_SOURCE = 1;
  status->MPI_TAG = 17;
  return MPI_SUCCESS;
}
static int end(void* extra) {
  ((struct work*)extra)->freed++;
  return MPI_SUCCESS;
}
static int cancel(void* extra, int complete) {
  ((struct work*)extra)->cancelled = complete ? 2 : 1;
  return MPI_SUCCESS;
}

static void* complete_it(void* nothing) {
  while (!go) live_work();
  MPI_Grequest_complete(the_request);
  return nothing;
}

int main(int argc, char** argv) {
  int provided;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  LIVE_CHECK(provided == MPI_THREAD_MULTIPLE);
  live_begin(2);
  struct work w = {0, 0, 0, 5}, other = {0, 0, 0, 1};
  MPI_Request requests[2], cancelled;
  MPI_Status statuses[2];
  int in = -1, out = 30 + live_rank, peer = live_rank ^ 1, flag = 1, count;
  MPI_Grequest_start(query, end, cancel, &w, &requests[0]);
  MPI_Grequest_start(query, end, cancel, &other, &cancelled);
  MPI_Irecv(&in, 1, MPI_INT, peer, 0, MPI_COMM_WORLD, &requests[1]);
  MPI_Test(&requests[0], &flag, MPI_STATUS_IGNORE);
  LIVE_CHECK(!flag && w.queried == 0);
  the_request = requests[0];
  pthread_t thread;
  pthread_create(&thread, NULL, complete_it, NULL);
  live_cut(0);
  MPI_Send(&out, 1, MPI_INT, peer, 0, MPI_COMM_WORLD);
  go = 1;
  MPI_Waitall(2, requests, statuses);
  pthread_join(thread, NULL);
  MPI_Get_count(&statuses[0], MPI_INT, &count);
  LIVE_CHECK(in == 30 + peer && count == 5 && statuses[0].MPI_TAG == 17 && w.queried == 1 && w.freed == 1);
  LIVE_CHECK(requests[0] == MPI_REQUEST_NULL);

  MPI_Cancel(&cancelled);
  LIVE_CHECK(other.cancelled == 1);
  MPI_Grequest_complete(cancelled);
  MPI_Wait(&cancelled, &statuses[0]);
  MPI_Test_cancelled(&statuses[0], &flag);
  LIVE_CHECK(flag && other.freed == 1);
  live_mix_int(in);
  return live_end();
}
