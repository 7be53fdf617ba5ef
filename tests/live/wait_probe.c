// SPDX-License-Identifier: Apache-2.0
// Shows: a rank waits inside Probe while the cut hits.
// live: ranks=2 cuts=one
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int values[3] = {0}, count = 0;
  live_cut_one(0);
  if (live_rank == 0) {
    values[2] = 3;
    MPI_Send(values, 3, MPI_INT, 1, 9, MPI_COMM_WORLD);
  } else if (live_rank == 1) {
    MPI_Status status;
    MPI_Probe(0, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
    MPI_Get_count(&status, MPI_INT, &count);
    LIVE_CHECK(count == 3 && status.MPI_TAG == 9);
    MPI_Recv(values, 3, MPI_INT, 0, 9, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  }
  live_mix(values, sizeof values);
  return live_end();
}
