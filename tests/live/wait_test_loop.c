// SPDX-License-Identifier: Apache-2.0
// Shows: a rank spins on Test while the cut hits.
// live: ranks=2 cuts=one
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int value = live_rank == 0 ? 55 : 0, flag = 0;
  MPI_Request request;
  if (live_rank == 1) MPI_Irecv(&value, 1, MPI_INT, MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &request);
  live_cut_one(0);
  if (live_rank == 0) MPI_Send(&value, 1, MPI_INT, 1, 0, MPI_COMM_WORLD);
  while (live_rank == 1 && !flag) MPI_Test(&request, &flag, MPI_STATUS_IGNORE);
  LIVE_CHECK(live_rank > 1 || value == 55);
  live_mix_int(value);
  return live_end();
}
