// SPDX-License-Identifier: Apache-2.0
// Shows: messages in flight on several communicators with the same tag do not mix.
// live: ranks=4 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 4);
  MPI_Comm comms[4];
  comms[0] = MPI_COMM_WORLD;
  MPI_Comm_dup(MPI_COMM_WORLD, &comms[1]);
  MPI_Comm_split(MPI_COMM_WORLD, live_rank % 2, -live_rank, &comms[2]);
  MPI_Comm_dup(comms[2], &comms[3]);
  int out[4], in = 0;
  for (int c = 3; c >= 0; c--) {
    int rank, size;
    MPI_Comm_rank(comms[c], &rank);
    MPI_Comm_size(comms[c], &size);
    out[c] = 1000 * c + live_rank;
    MPI_Send(&out[c], 1, MPI_INT, (rank + 1) % size, 5, comms[c]);
  }
  live_cut(0);
  for (int c = 0; c < 4; c++) {
    int rank, size;
    MPI_Status status;
    MPI_Comm_rank(comms[c], &rank);
    MPI_Comm_size(comms[c], &size);
    MPI_Recv(&in, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, comms[c], &status);
    LIVE_CHECK(status.MPI_SOURCE == (rank + size - 1) % size && in / 1000 == c);
    live_mix_int(in);
  }
  for (int c = 1; c < 4; c++) MPI_Comm_free(&comms[c]);
  return live_end();
}
