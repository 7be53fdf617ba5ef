// SPDX-License-Identifier: Apache-2.0
// Shows: ranks wait inside Bcast and Allreduce when the checkpoint is asked for.
// live: ranks=3 cuts=late,all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  long values[500] = {0}, sums[500];
  live_cut_one(0);
  if (live_rank == 0)
    for (int i = 0; i < 500; i++) values[i] = 3 * i;
  MPI_Bcast(values, 500, MPI_LONG, 0, MPI_COMM_WORLD);
  MPI_Allreduce(values, sums, 500, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
  live_cut(1);
  for (int i = 0; i < 500; i++) LIVE_CHECK(values[i] == 3 * i && sums[i] == 3L * i * live_size);
  MPI_Allreduce(MPI_IN_PLACE, sums, 500, MPI_LONG, MPI_MAX, MPI_COMM_WORLD);
  live_mix(sums, sizeof sums);
  return live_end();
}
