// SPDX-License-Identifier: Apache-2.0
// Shows: a rank waits inside Waitany, then inside Waitsome, while the cuts hit.
// live: ranks=2 cuts=one,one
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int in[3] = {0}, out[3] = {11, 22, 33}, index = -1, count = 0, indices[3];
  MPI_Request requests[3];
  if (live_rank == 1)
    for (int i = 0; i < 3; i++) MPI_Irecv(&in[i], 1, MPI_INT, 0, i, MPI_COMM_WORLD, &requests[i]);
  live_cut_one(0);
  if (live_rank == 0) MPI_Send(&out[2], 1, MPI_INT, 1, 2, MPI_COMM_WORLD);
  if (live_rank == 1) {
    MPI_Waitany(3, requests, &index, MPI_STATUS_IGNORE);
    LIVE_CHECK(index == 2);
    MPI_Send(NULL, 0, MPI_INT, 0, 7, MPI_COMM_WORLD);
  }
  if (live_rank == 0) MPI_Recv(NULL, 0, MPI_INT, 1, 7, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  live_cut_one(1);
  if (live_rank == 0) MPI_Send(&out[1], 1, MPI_INT, 1, 1, MPI_COMM_WORLD);
  if (live_rank == 1) {
    MPI_Waitsome(3, requests, &count, indices, MPI_STATUSES_IGNORE);
    LIVE_CHECK(count == 1 && indices[0] == 1);
    MPI_Cancel(&requests[0]);
    MPI_Wait(&requests[0], MPI_STATUS_IGNORE);
  }
  live_mix(in, sizeof in);
  return live_end();
}
