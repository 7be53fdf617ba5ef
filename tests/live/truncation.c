// SPDX-License-Identifier: Apache-2.0
// Shows: a message too long for its receive gives MPI_ERR_TRUNCATE, also when it was in flight at the cut.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int out[8] = {1, 2, 3, 4, 5, 6, 7, 8}, in[8] = {0}, peer = live_rank ^ 1;
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Send(out, 8, MPI_INT, peer, 1, MPI_COMM_WORLD);
  MPI_Send(out, 8, MPI_INT, peer, 2, MPI_COMM_WORLD);
  live_cut(0);
  int code = MPI_Recv(in, 4, MPI_INT, peer, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE), kind = 0;
  LIVE_CHECK(code != MPI_SUCCESS);
  MPI_Error_class(code, &kind);
  LIVE_CHECK(kind == MPI_ERR_TRUNCATE && in[4] == 0);
  code = MPI_Recv(in, 8, MPI_INT, peer, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  LIVE_CHECK(code == MPI_SUCCESS && in[7] == 8);
  code = MPI_Send(out, 1, MPI_INT, live_size + 5, 1, MPI_COMM_WORLD);
  MPI_Error_class(code, &kind);
  LIVE_CHECK(kind == MPI_ERR_RANK);
  live_mix(in, sizeof in);
  return live_end();
}
