// SPDX-License-Identifier: Apache-2.0
// Shows: Scatter and Scatterv, in place at the root too.
// live: ranks=3 cuts=all
#include "lib/live.h"

static void scatter(MPI_Comm comm, int root) {
  int rank, size, all[64], counts[8], places[8], mine[8] = {0};
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  for (int i = 0; i < 64; i++) all[i] = rank == root ? i * i : -1;
  for (int i = 0; i < 8; i++) counts[i] = i + 1, places[i] = 7 * (7 - i);
  MPI_Scatter(all, 5, MPI_INT, mine, 5, MPI_INT, root, comm);
  LIVE_CHECK(mine[4] == (5 * rank + 4) * (5 * rank + 4));
  live_mix(mine, sizeof mine);
  MPI_Scatterv(all, counts, places, MPI_INT, mine, rank + 1, MPI_INT, root, comm);
  LIVE_CHECK(mine[rank] == (49 - 6 * rank) * (49 - 6 * rank));
  live_mix(mine, sizeof mine);
  if (rank == root) MPI_Scatter(all, 3, MPI_INT, MPI_IN_PLACE, 3, MPI_INT, root, comm);
  else MPI_Scatter(NULL, 0, MPI_INT, mine, 3, MPI_INT, root, comm);
  live_mix(mine, sizeof mine);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm reversed;
  MPI_Comm_split(MPI_COMM_WORLD, 0, -live_rank, &reversed);
  scatter(MPI_COMM_WORLD, 1);
  live_cut(0);
  scatter(reversed, 2);
  scatter(MPI_COMM_WORLD, 0);
  MPI_Comm_free(&reversed);
  return live_end();
}
