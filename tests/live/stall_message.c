// SPDX-License-Identifier: Apache-2.0
// Shows: rank 0 is behind in a collective that rank 2 has done already, and waits for a message that rank 1 sends only after a collective that ranks 1
// and 2 are held in front of: they must be let in.
// live: ranks=3 cuts=late
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm ends, pair;
  int data = live_rank == 2 ? 4711 : 0, message = 0, go = 1;
  MPI_Comm_split(MPI_COMM_WORLD, live_rank == 1 ? MPI_UNDEFINED : 0, -live_rank, &ends);
  MPI_Comm_split(MPI_COMM_WORLD, live_rank == 0 ? MPI_UNDEFINED : 0, live_rank, &pair);
  if (live_rank == 2) MPI_Bcast(&data, 1, MPI_INT, 0, ends);
  live_cut_one(0);
  if (live_rank == 0) {  // the checkpoint has been asked for
    for (int r = 1; r < 3; r++) MPI_Send(&go, 1, MPI_INT, r, 1, MPI_COMM_WORLD);
    MPI_Recv(&message, 1, MPI_INT, 1, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    LIVE_CHECK(message == 99);
    MPI_Bcast(&data, 1, MPI_INT, 0, ends);
    LIVE_CHECK(data == 4711);
  } else {
    MPI_Recv(&go, 1, MPI_INT, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Barrier(pair);
    message = 99;
    if (live_rank == 1) MPI_Send(&message, 1, MPI_INT, 0, 2, MPI_COMM_WORLD);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  live_mix_int(data);
  live_mix_int(message);
  return live_end();
}
