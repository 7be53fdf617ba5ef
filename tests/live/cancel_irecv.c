// SPDX-License-Identifier: Apache-2.0
// Shows: posted receives can be cancelled after the cut, and a cancelled one stays cancelled.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int in[3] = {-1, -1, -1}, peer = live_rank ^ 1, cancelled = 0, out = 5 + live_rank;
  MPI_Request requests[3];
  MPI_Status status;
  for (int i = 0; i < 3; i++) MPI_Irecv(&in[i], 1, MPI_INT, peer, i, MPI_COMM_WORLD, &requests[i]);
  MPI_Cancel(&requests[0]);
  live_cut(0);
  MPI_Cancel(&requests[1]);
  for (int i = 0; i < 2; i++) {
    MPI_Wait(&requests[i], &status);
    MPI_Test_cancelled(&status, &cancelled);
    LIVE_CHECK(cancelled && in[i] == -1);
  }
  MPI_Send(&out, 1, MPI_INT, peer, 2, MPI_COMM_WORLD);
  MPI_Wait(&requests[2], &status);
  MPI_Test_cancelled(&status, &cancelled);
  LIVE_CHECK(!cancelled && in[2] == 5 + peer);
  live_mix(in, sizeof in);
  return live_end();
}
