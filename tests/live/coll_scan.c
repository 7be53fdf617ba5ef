// SPDX-License-Identifier: Apache-2.0
// Shows: Scan and Exscan, in place too, follow the rank order of their communicator.
// live: ranks=3 cuts=all
#include "lib/live.h"

static void scan(MPI_Comm comm) {
  int rank, mine, sum = -1, before = -1;
  MPI_Comm_rank(comm, &rank);
  mine = rank + 1;
  MPI_Scan(&mine, &sum, 1, MPI_INT, MPI_SUM, comm);
  LIVE_CHECK(sum == (rank + 1) * (rank + 2) / 2);
  MPI_Exscan(&mine, &before, 1, MPI_INT, MPI_SUM, comm);
  LIVE_CHECK(before == (rank == 0 ? -1 : rank * (rank + 1) / 2));
  MPI_Scan(MPI_IN_PLACE, &mine, 1, MPI_INT, MPI_PROD, comm);
  live_mix_int(mine);
  MPI_Exscan(MPI_IN_PLACE, &mine, 1, MPI_INT, MPI_MAX, comm);
  live_mix_int(rank == 0 ? 0 : mine);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm reversed;
  MPI_Comm_split(MPI_COMM_WORLD, 0, -live_rank, &reversed);
  scan(reversed);
  live_cut(0);
  scan(reversed);
  scan(MPI_COMM_WORLD);
  MPI_Comm_free(&reversed);
  return live_end();
}
