// SPDX-License-Identifier: Apache-2.0
// Shows: a communicator freed while operations on it are pending serves them after a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Comm dup;
  MPI_Comm_dup(MPI_COMM_WORLD, &dup);
  int in = -1, out = 70 + live_rank, peer = live_rank ^ 1;
  MPI_Request requests[2];
  MPI_Irecv(&in, 1, MPI_INT, peer, 1, dup, &requests[0]);
  MPI_Isend(&out, 1, MPI_INT, peer, 1, dup, &requests[1]);
  MPI_Comm_free(&dup);
  live_cut(0);
  MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  LIVE_CHECK(in == 70 + peer && dup == MPI_COMM_NULL);
  live_mix_int(in);
  return live_end();
}
