// SPDX-License-Identifier: Apache-2.0
// Shows: a rank waits inside Recv while the cut hits.
// live: ranks=2 cuts=one
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int values[1000] = {0};
  live_cut_one(0);
  if (live_rank == 0)
    for (int r = 1; r < live_size; r++) {
      for (int i = 0; i < 1000; i++) values[i] = i * r;
      MPI_Send(values, 1000, MPI_INT, r, 9, MPI_COMM_WORLD);
    }
  else
    MPI_Recv(values, 1000, MPI_INT, 0, 9, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  live_mix(values, sizeof values);
  return live_end();
}
