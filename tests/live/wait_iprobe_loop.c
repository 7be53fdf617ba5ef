// SPDX-License-Identifier: Apache-2.0
// Shows: a rank spins on Iprobe while the cut hits.
// live: ranks=2 cuts=one
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int value = live_rank == 0 ? 66 : 0, flag = 0;
  live_cut_one(0);
  if (live_rank == 0) MPI_Send(&value, 1, MPI_INT, 1, 0, MPI_COMM_WORLD);
  MPI_Status status;
  while (live_rank == 1 && !flag) MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, &status);
  if (live_rank == 1) MPI_Recv(&value, 1, MPI_INT, status.MPI_SOURCE, status.MPI_TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  LIVE_CHECK(live_rank > 1 || value == 66);
  live_mix_int(value);
  return live_end();
}
