// SPDX-License-Identifier: Apache-2.0
// Shows: a rank waits inside Wait, then inside Waitall, while the cuts hit.
// live: ranks=2 cuts=one,one
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int in[4] = {0}, out[4] = {1, 2, 3, 4};
  MPI_Request requests[4];
  if (live_rank == 1)
    for (int i = 0; i < 4; i++) MPI_Irecv(&in[i], 1, MPI_INT, 0, i, MPI_COMM_WORLD, &requests[i]);
  live_cut_one(0);
  if (live_rank == 0) MPI_Send(&out[0], 1, MPI_INT, 1, 0, MPI_COMM_WORLD);
  if (live_rank == 1) MPI_Wait(&requests[0], MPI_STATUS_IGNORE);
  live_cut_one(1);
  if (live_rank == 0)
    for (int i = 3; i > 0; i--) MPI_Send(&out[i], 1, MPI_INT, 1, i, MPI_COMM_WORLD);
  if (live_rank == 1) {
    MPI_Waitall(4, requests, MPI_STATUSES_IGNORE);
    LIVE_CHECK(memcmp(in, out, sizeof in) == 0);
  }
  live_mix(in, sizeof in);
  return live_end();
}
