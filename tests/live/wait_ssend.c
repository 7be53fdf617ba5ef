// SPDX-License-Identifier: Apache-2.0
// Shows: a rank is blocked in a small Ssend while the cut hits.
// live: ranks=2 cuts=one
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int value = live_rank == 1 ? 12 : 0;
  if (live_rank == 1) MPI_Ssend(&value, 1, MPI_INT, 0, 2, MPI_COMM_WORLD);
  live_cut_one(0);
  if (live_rank == 0) MPI_Recv(&value, 1, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  LIVE_CHECK(live_rank > 1 || value == 12);
  live_mix_int(value);
  return live_end();
}
