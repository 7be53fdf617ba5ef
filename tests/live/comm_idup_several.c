// SPDX-License-Identifier: Apache-2.0
// Shows: several duplicates of one communicator are pending at the cut, with messages and nonblocking collectives between them.
// Natively, Open MPI 4.1.4 hangs with these in one run of three: there they come one after the other.
// live: ranks=4 cuts=all,all
#include <dlfcn.h>

#include "lib/live.h"

enum { several = 4 };
static int one_by_one;

static void maybe_wait(MPI_Request* request) {
  if (one_by_one) MPI_Wait(request, MPI_STATUS_IGNORE);
}

static void use(MPI_Comm* comms, int expected) {
  for (int i = 0; i < several; i++) {
    int mine = live_rank + 1, all = 0;
    MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_SUM, comms[i]);
    LIVE_CHECK(all == expected);
    live_mix_int(all);
  }
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 4);
  Dl_info library = {0};
  LIVE_CHECK(dladdr((void*)(intptr_t)MPI_Comm_idup, &library) != 0);
  one_by_one = strstr(library.dli_fname, "/mana/") == NULL;

  MPI_Comm half, inter, made[several], inner[several];
  MPI_Request requests[3 * several];
  int left = live_rank < 2, sent[several], got[several], n = 0;
  MPI_Comm_split(MPI_COMM_WORLD, left, live_rank, &half);
  MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, left ? 2 : 0, 5, &inter);

  for (int i = 0; i < several; i++) {
    sent[i] = 100 * live_rank + i;
    got[i] = -1;
    if (live_rank % 2 == 0) MPI_Isend(&sent[i], 1, MPI_INT, 1, i, inter, &requests[n++]);
    MPI_Comm_idup(inter, &made[i], &requests[n]);
    maybe_wait(&requests[n++]);
    if (live_rank % 2 == 1) MPI_Irecv(&got[i], 1, MPI_INT, 0, i, inter, &requests[n++]);
  }
  live_cut(0);
  MPI_Waitall(n, requests, MPI_STATUSES_IGNORE);
  use(made, left ? 7 : 3);
  for (int i = 0; i < several; i++) {
    if (live_rank % 2 == 1) LIVE_CHECK(got[i] == 100 * (left ? 2 : 0) + i);
    MPI_Comm_free(&made[i]);
  }

  n = 0;
  for (int i = 0; i < several; i++) {
    got[i] = live_rank == i ? 7 * i + 1 : 0;
    MPI_Comm_idup(half, &inner[i], &requests[n]);
    maybe_wait(&requests[n++]);
    MPI_Comm_idup(MPI_COMM_WORLD, &made[i], &requests[n]);
    maybe_wait(&requests[n++]);
    MPI_Ibcast(&got[i], 1, MPI_INT, i, MPI_COMM_WORLD, &requests[n++]);
  }
  live_cut(1);
  MPI_Waitall(n, requests, MPI_STATUSES_IGNORE);
  use(made, 10);
  for (int i = 0; i < several; i++) LIVE_CHECK(got[i] == 7 * i + 1);
  use(inner, left ? 3 : 7);
  for (int i = 0; i < several; i++) {
    MPI_Comm_free(&made[i]);
    MPI_Comm_free(&inner[i]);
  }
  MPI_Comm_free(&inter);
  MPI_Comm_free(&half);
  return live_end();
}
