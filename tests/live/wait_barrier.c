// SPDX-License-Identifier: Apache-2.0
// Shows: ranks wait inside Barrier when the checkpoint is asked for; it is taken once rank 0 has come too.
// live: ranks=3 cuts=late,all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  live_cut_one(0);
  MPI_Barrier(MPI_COMM_WORLD);
  live_cut(1);
  MPI_Barrier(MPI_COMM_WORLD);
  return live_end();
}
