// SPDX-License-Identifier: Apache-2.0
// Shows: standard, synchronous and ready sends give the same bytes before and after the cut.
// live: ranks=2 cuts=all
#include "lib/live.h"

static void exchange(uint64_t seed) {
  enum { bytes = 4096 };
  char buffer[bytes];
  for (int mode = 0; mode < 3; mode++) {
    if (live_rank == 0) {
      live_fill(buffer, bytes, seed + (uint64_t)mode);
      MPI_Recv(NULL, 0, MPI_BYTE, 1, 99, MPI_COMM_WORLD, MPI_STATUS_IGNORE);  // the receive is posted
      if (mode == 0) MPI_Send(buffer, bytes, MPI_BYTE, 1, mode, MPI_COMM_WORLD);
      if (mode == 1) MPI_Ssend(buffer, bytes, MPI_BYTE, 1, mode, MPI_COMM_WORLD);
      if (mode == 2) MPI_Rsend(buffer, bytes, MPI_BYTE, 1, mode, MPI_COMM_WORLD);
    } else if (live_rank == 1) {
      MPI_Request request;
      MPI_Irecv(buffer, bytes, MPI_BYTE, 0, mode, MPI_COMM_WORLD, &request);
      MPI_Send(NULL, 0, MPI_BYTE, 0, 99, MPI_COMM_WORLD);
      MPI_Wait(&request, MPI_STATUS_IGNORE);
      LIVE_CHECK(live_has_fill(buffer, bytes, seed + (uint64_t)mode));
      live_mix(buffer, bytes);
    }
  }
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  exchange(1);
  live_cut(0);
  exchange(100);
  return live_end();
}
