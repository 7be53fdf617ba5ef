// SPDX-License-Identifier: Apache-2.0
// Shows: MPI_Comm_free waits for nobody: ranks free two communicators in opposite order, and one frees a communicator
// over which the other still sends; a cut that falls in between comes when all have freed it.
// live: ranks=2 cuts=all,late
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Comm pair[2], used;
  MPI_Comm_dup(MPI_COMM_WORLD, &pair[0]);
  MPI_Comm_dup(MPI_COMM_WORLD, &pair[1]);
  MPI_Comm_dup(MPI_COMM_WORLD, &used);
  MPI_Comm_free(&pair[live_rank]);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Comm_free(&pair[1 - live_rank]);
  live_cut(0);
  int value = live_rank == 0 ? 77 : -1;
  if (live_rank == 0) {
    MPI_Barrier(MPI_COMM_WORLD);
    live_cut(1);
    MPI_Ssend(&value, 1, MPI_INT, 1, 0, used);
    MPI_Comm_free(&used);
  } else {
    MPI_Request request;
    MPI_Irecv(&value, 1, MPI_INT, 0, 0, used, &request);
    MPI_Comm_free(&used);
    MPI_Barrier(MPI_COMM_WORLD);
    live_cut(1);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
  }
  LIVE_CHECK(value == 77 && used == MPI_COMM_NULL);
  MPI_Barrier(MPI_COMM_WORLD);
  return live_end();
}
