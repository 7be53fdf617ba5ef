// SPDX-License-Identifier: Apache-2.0
// Shows: an unmatched synchronous send is not complete before its receive starts, restart or not.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int value = 41 + live_rank, got = 0, flag = 1;
  MPI_Request request;
  if (live_rank == 0) {
    MPI_Issend(&value, 1, MPI_INT, 1, 5, MPI_COMM_WORLD, &request);
    MPI_Test(&request, &flag, MPI_STATUS_IGNORE);
    LIVE_CHECK(!flag);
  }
  live_cut(0);
  if (live_rank == 0) {
    MPI_Test(&request, &flag, MPI_STATUS_IGNORE);
    LIVE_CHECK(!flag);
    MPI_Send(NULL, 0, MPI_INT, 1, 6, MPI_COMM_WORLD);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
  } else if (live_rank == 1) {
    MPI_Recv(NULL, 0, MPI_INT, 0, 6, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Recv(&got, 1, MPI_INT, 0, 5, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    LIVE_CHECK(got == 41);
  }
  live_mix_int(got);
  return live_end();
}
