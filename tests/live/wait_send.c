// SPDX-License-Identifier: Apache-2.0
// Shows: a rank is blocked in a large Send and then an Ssend while the cut hits.
// live: ranks=2 cuts=one
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { bytes = 2 << 20 };
  char* buffer = (char*)calloc(1, bytes);
  if (live_rank == 1) {
    live_fill(buffer, bytes, 8);
    MPI_Send(buffer, bytes, MPI_BYTE, 0, 1, MPI_COMM_WORLD);
    MPI_Ssend(buffer, 10, MPI_BYTE, 0, 2, MPI_COMM_WORLD);
  }
  live_cut_one(0);
  if (live_rank == 0) {
    MPI_Recv(buffer, bytes, MPI_BYTE, 1, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    LIVE_CHECK(live_has_fill(buffer, bytes, 8));
    MPI_Recv(buffer, 10, MPI_BYTE, 1, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  }
  live_mix(buffer, bytes);
  free(buffer);
  return live_end();
}
