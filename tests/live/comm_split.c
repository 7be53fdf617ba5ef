// SPDX-License-Identifier: Apache-2.0
// Shows: split communicators keep members and order; MPI_UNDEFINED gives none.
// live: ranks=4 cuts=all abi over-abi older-abi
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 4);
  MPI_Comm part, again;
  int rank, size, sum = 0;
  MPI_Comm_split(MPI_COMM_WORLD, live_rank == 3 ? MPI_UNDEFINED : 1, -live_rank, &part);
  live_cut(0);
  if (live_rank == 3) {
    LIVE_CHECK(part == MPI_COMM_NULL);
    return live_end();
  }
  MPI_Comm_rank(part, &rank);
  MPI_Comm_size(part, &size);
  LIVE_CHECK(size == 3 && rank == 2 - live_rank);
  MPI_Scan(&live_rank, &sum, 1, MPI_INT, MPI_SUM, part);
  MPI_Comm_split(part, rank > 0, 0, &again);
  MPI_Comm_size(again, &size);
  LIVE_CHECK(size == (rank > 0 ? 2 : 1));
  live_mix_int(sum);
  MPI_Comm_free(&again);
  MPI_Comm_free(&part);
  LIVE_CHECK(part == MPI_COMM_NULL);
  return live_end();
}
