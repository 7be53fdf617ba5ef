// SPDX-License-Identifier: Apache-2.0
// Shows: Reduce and Allreduce with every predefined operation, in place too.
// live: ranks=3 cuts=all abi over-abi
#include "lib/live.h"

static void reduce_all(MPI_Comm comm) {
  MPI_Op ops[] = {MPI_MAX, MPI_MIN, MPI_SUM, MPI_PROD, MPI_LAND, MPI_BAND, MPI_LOR, MPI_BOR, MPI_LXOR, MPI_BXOR};
  int rank, size;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  for (size_t o = 0; o < sizeof ops / sizeof ops[0]; o++) {
    int mine[5], root[5] = {0}, all[5];
    for (int i = 0; i < 5; i++) mine[i] = (rank + 2) * (i + 1) % 7;
    MPI_Reduce(mine, root, 5, MPI_INT, ops[o], size - 1, comm);
    MPI_Allreduce(mine, all, 5, MPI_INT, ops[o], comm);
    LIVE_CHECK(rank != size - 1 || memcmp(root, all, sizeof all) == 0);
    MPI_Reduce(rank == 0 ? MPI_IN_PLACE : mine, mine, 5, MPI_INT, ops[o], 0, comm);
    LIVE_CHECK(rank != 0 || memcmp(mine, all, sizeof all) == 0);
    live_mix(all, sizeof all);
    MPI_Allreduce(MPI_IN_PLACE, all, 5, MPI_INT, ops[o], comm);
    live_mix(all, sizeof all);
  }
  double x = 0.5 * (rank + 1), sum = 0;
  MPI_Allreduce(&x, &sum, 1, MPI_DOUBLE, MPI_SUM, comm);
  LIVE_CHECK(sum == 0.25 * size * (size + 1));
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm reversed;
  MPI_Comm_split(MPI_COMM_WORLD, 0, -live_rank, &reversed);
  reduce_all(MPI_COMM_WORLD);
  live_cut(0);
  reduce_all(reversed);
  reduce_all(MPI_COMM_WORLD);
  MPI_Comm_free(&reversed);
  return live_end();
}
