// SPDX-License-Identifier: Apache-2.0
// How long does a small collective take? Allreduce of 8 bytes, Barrier, and Bcast of 8 bytes with a turning root.
#include "bench.h"

int main(int argc, char** argv) {
  bench_start(&argc, &argv, 2);
  enum { batches = 25, turns = 10000 };
  double one = 1, sum = 0;
  MPI_Barrier(MPI_COMM_WORLD);
  BENCH_NANOSECONDS("allreduce_8", batches, turns, MPI_Allreduce(&one, &sum, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD));
  BENCH_NANOSECONDS("barrier", batches, turns, MPI_Barrier(MPI_COMM_WORLD));
  BENCH_NANOSECONDS("bcast_8", batches, turns, MPI_Bcast(&one, 1, MPI_DOUBLE, turn % bench_size, MPI_COMM_WORLD));
  MPI_Finalize();
  return 0;
}
