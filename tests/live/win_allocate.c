// SPDX-License-Identifier: Apache-2.0
// Shows: memory of MPI_Win_allocate keeps address and content; windows over several communicators, made and freed in another
// order than they were made in, all work after the cut.
// live: ranks=3 cuts=all,all
#include "lib/live.h"

enum { N = 100000 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  double* memory[4];
  MPI_Win win[4];
  MPI_Comm pair, reversed;
  MPI_Comm_split(MPI_COMM_WORLD, live_rank < 2 ? 0 : 1, 0, &pair);
  MPI_Comm_split(MPI_COMM_WORLD, 0, -live_rank, &reversed);
  MPI_Comm comms[4] = {MPI_COMM_WORLD, pair, reversed, MPI_COMM_SELF};
  for (int w = 0; w < 4; w++) {
    MPI_Win_allocate(w == 2 && live_rank == 1 ? 0 : N * sizeof(double), sizeof(double), MPI_INFO_NULL, comms[w], &memory[w], &win[w]);
    if (w == 2 && live_rank == 1) continue;
    for (int i = 0; i < N; i++) memory[w][i] = w * 1e6 + live_rank * 1e5 + i;
  }
  MPI_Win_free(&win[1]);
  MPI_Comm_free(&pair);
  MPI_Barrier(MPI_COMM_WORLD);
  live_cut(0);
  for (int w = 0; w < 4; w++) {
    if (w == 1) continue;
    int rank, size;
    double got = -1;
    MPI_Comm_rank(comms[w], &rank);
    MPI_Comm_size(comms[w], &size);
    int target = (rank + 1) % size;
    if (w == 2 && target == 1) target = 2;
    int world = w == 0 ? target : w == 2 ? 2 - target : live_rank;
    MPI_Win_fence(0, win[w]);
    MPI_Get(&got, 1, MPI_DOUBLE, target, N - 1, 1, MPI_DOUBLE, win[w]);
    MPI_Win_fence(0, win[w]);
    LIVE_CHECK(got == w * 1e6 + world * 1e5 + N - 1);
    live_mix(&got, sizeof got);
  }
  MPI_Comm_free(&reversed);
  MPI_Win_allocate(sizeof(double), 1, MPI_INFO_NULL, MPI_COMM_WORLD, &memory[1], &win[1]);
  live_cut(1);
  for (int w = 3; w >= 0; w--) {
    MPI_Win_fence(0, win[w]);
    if (w == 0) live_mix(memory[0], N * sizeof(double));
    MPI_Win_free(&win[w]);
  }
  return live_end();
}
