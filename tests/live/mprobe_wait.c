// SPDX-License-Identifier: Apache-2.0
// Shows: a rank waits inside Mprobe while the cut hits.
// live: ranks=2 cuts=one
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int value = 0;
  live_cut_one(0);
  if (live_rank == 0) {
    value = 31;
    MPI_Send(&value, 1, MPI_INT, 1, 2, MPI_COMM_WORLD);
  } else if (live_rank == 1) {
    MPI_Message message;
    MPI_Status status;
    MPI_Mprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &message, &status);
    LIVE_CHECK(status.MPI_SOURCE == 0 && status.MPI_TAG == 2);
    MPI_Mrecv(&value, 1, MPI_INT, &message, &status);
    LIVE_CHECK(value == 31);
  }
  live_mix_int(value);
  return live_end();
}
