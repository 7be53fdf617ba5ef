// SPDX-License-Identifier: Apache-2.0
// Shows: Reduce_scatter and Reduce_scatter_block, in place too.
// live: ranks=3 cuts=all
#include "lib/live.h"

static void reduce_scatter(MPI_Comm comm) {
  int rank, size, counts[8], out[64], in[64] = {0}, before = 0;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  for (int i = 0; i < 64; i++) out[i] = i * (rank + 1);
  for (int i = 0; i < 8; i++) counts[i] = i + 1, before += i < rank ? i + 1 : 0;
  int factor = size * (size + 1) / 2;
  MPI_Reduce_scatter(out, in, counts, MPI_INT, MPI_SUM, comm);
  for (int i = 0; i <= rank; i++) LIVE_CHECK(in[i] == (before + i) * factor);
  live_mix(in, sizeof in);
  MPI_Reduce_scatter_block(out, in, 3, MPI_INT, MPI_SUM, comm);
  for (int i = 0; i < 3; i++) LIVE_CHECK(in[i] == (3 * rank + i) * factor);
  live_mix(in, sizeof in);
  MPI_Reduce_scatter_block(MPI_IN_PLACE, out, 2, MPI_INT, MPI_MAX, comm);
  live_mix(out, 2 * sizeof(int));
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm dup;
  MPI_Comm_dup(MPI_COMM_WORLD, &dup);
  reduce_scatter(dup);
  live_cut(0);
  reduce_scatter(dup);
  reduce_scatter(MPI_COMM_WORLD);
  MPI_Comm_free(&dup);
  return live_end();
}
