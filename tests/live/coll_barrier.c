// SPDX-License-Identifier: Apache-2.0
// Shows: Barrier on MPI_COMM_WORLD and on communicators made before the cut.
// live: ranks=3 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm part;
  MPI_Comm_split(MPI_COMM_WORLD, live_rank > 0, live_rank, &part);
  MPI_Barrier(part);
  live_cut(0);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Barrier(part);
  MPI_Barrier(MPI_COMM_SELF);
  MPI_Comm_free(&part);
  return live_end();
}
