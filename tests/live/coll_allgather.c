// SPDX-License-Identifier: Apache-2.0
// Shows: Allgather and Allgatherv, in place too.
// live: ranks=3 cuts=all
#include "lib/live.h"

static void allgather(MPI_Comm comm) {
  int rank, size, counts[8], places[8];
  double all[64] = {0}, mine[8];
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  for (int i = 0; i < 8; i++) mine[i] = rank + 0.125 * i, counts[i] = 8 - i, places[i] = 8 * i;
  MPI_Allgather(mine, 3, MPI_DOUBLE, all, 3, MPI_DOUBLE, comm);
  for (int r = 0; r < size; r++) LIVE_CHECK(all[3 * r + 2] == r + 0.25);
  MPI_Allgatherv(mine, 8 - rank, MPI_DOUBLE, all, counts, places, MPI_DOUBLE, comm);
  for (int r = 0; r < size; r++) LIVE_CHECK(all[8 * r + 7 - r] == r + 0.125 * (7 - r));
  live_mix(all, sizeof all);
  all[rank] = 5.0 + rank;
  MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, 1, MPI_DOUBLE, comm);
  for (int r = 0; r < size; r++) LIVE_CHECK(all[r] == 5.0 + r);
  all[8 * rank] = 9.0 + rank;
  MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, counts, places, MPI_DOUBLE, comm);
  live_mix(all, sizeof all);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm reversed;
  MPI_Comm_split(MPI_COMM_WORLD, 0, -live_rank, &reversed);
  allgather(MPI_COMM_WORLD);
  live_cut(0);
  allgather(reversed);
  allgather(MPI_COMM_WORLD);
  MPI_Comm_free(&reversed);
  return live_end();
}
