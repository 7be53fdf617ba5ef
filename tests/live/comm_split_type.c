// SPDX-License-Identifier: Apache-2.0
// Shows: a shared-memory communicator made before the cut is used after it.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Comm node;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, live_rank, MPI_INFO_NULL, &node);
  int size = 0, sum = 0, one = 1;
  MPI_Comm_size(node, &size);
  LIVE_CHECK(size == live_size);
  live_cut(0);
  MPI_Allreduce(&one, &sum, 1, MPI_INT, MPI_SUM, node);
  LIVE_CHECK(sum == live_size);
  MPI_Comm_free(&node);
  live_mix_int(sum);
  return live_end();
}
