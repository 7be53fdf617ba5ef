// SPDX-License-Identifier: Apache-2.0
// Shows: wildcard receives take messages of several senders; those of one sender stay in order.
// live: ranks=3 cuts=all abi over-abi
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  enum { each = 10 };
  if (live_rank > 0)
    for (int i = 0; i < each; i++) {
      int value = 100 * live_rank + i;
      MPI_Send(&value, 1, MPI_INT, 0, i, MPI_COMM_WORLD);
    }
  live_cut(0);
  if (live_rank == 0) {
    int next[16] = {0};
    for (int i = 0; i < each * (live_size - 1); i++) {
      int value = 0;
      MPI_Status status;
      MPI_Recv(&value, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
      int from = status.MPI_SOURCE;
      LIVE_CHECK(from > 0 && from < live_size);
      LIVE_CHECK(status.MPI_TAG == next[from] && value == 100 * from + next[from]);
      next[from]++;
    }
    for (int r = 1; r < live_size; r++) LIVE_CHECK(next[r] == each);
    live_mix(next, sizeof next);
  }
  return live_end();
}
