// SPDX-License-Identifier: Apache-2.0
// Shows: 100 communicators alive at the cut stay apart from each other.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { n = 100 };
  MPI_Comm comms[n];
  int peer = live_rank ^ 1;
  for (int i = 0; i < n; i++) {
    MPI_Comm_dup(i ? comms[i / 2] : MPI_COMM_WORLD, &comms[i]);
    if (i % 3 == 0) MPI_Send(&i, 1, MPI_INT, peer, 0, comms[i]);
  }
  live_cut(0);
  for (int i = n - 1; i >= 0; i--) {
    int got = -1, sum = 0, one = i;
    if (i % 3 == 0) {
      MPI_Recv(&got, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, comms[i], MPI_STATUS_IGNORE);
      LIVE_CHECK(got == i);
    }
    MPI_Allreduce(&one, &sum, 1, MPI_INT, MPI_SUM, comms[i]);
    LIVE_CHECK(sum == i * live_size);
    live_mix_int(sum + got);
    MPI_Comm_free(&comms[i]);
  }
  return live_end();
}
