// SPDX-License-Identifier: Apache-2.0
// Shows: Gather and Gatherv, in place at the root too.
// live: ranks=3 cuts=all
#include "lib/live.h"

static void gather(MPI_Comm comm, int root) {
  int rank, size, all[64], counts[8], places[8], mine[8];
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  for (int i = 0; i < 8; i++) mine[i] = 100 * rank + i, counts[i] = i + 1, places[i] = 7 * i;
  memset(all, 0, sizeof all);
  MPI_Gather(mine, 4, MPI_INT, all, 4, MPI_INT, root, comm);
  for (int r = 0; rank == root && r < size; r++) LIVE_CHECK(all[4 * r + 3] == 100 * r + 3);
  live_mix(all, sizeof all);
  MPI_Gatherv(mine, rank + 1, MPI_INT, all, counts, places, MPI_INT, root, comm);
  for (int r = 0; rank == root && r < size; r++) LIVE_CHECK(all[7 * r + r] == 100 * r + r);
  live_mix(all, sizeof all);
  if (rank == root)
    for (int i = 0; i < 4; i++) all[4 * rank + i] = mine[i] + 1;
  MPI_Gather(rank == root ? MPI_IN_PLACE : mine, 4, MPI_INT, all, 4, MPI_INT, root, comm);
  live_mix(all, sizeof all);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm reversed;
  MPI_Comm_split(MPI_COMM_WORLD, 0, -live_rank, &reversed);
  gather(MPI_COMM_WORLD, 1);
  live_cut(0);
  gather(reversed, 2);
  gather(MPI_COMM_WORLD, 0);
  MPI_Comm_free(&reversed);
  return live_end();
}
