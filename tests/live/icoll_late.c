// SPDX-License-Identifier: Apache-2.0
// Shows: the checkpoint is asked for while other ranks wait for a nonblocking collective that rank 0 has not started; it comes
// when rank 0 has. Then again with two overlapping communicators, each started by some of its members only.
// live: ranks=3 cuts=late,late
#include "lib/live.h"

static void compute(double seconds) {
  for (double done = 0; done < seconds;) done += live_work();
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm pair;  // of ranks 0 and 1
  MPI_Comm_split(MPI_COMM_WORLD, live_rank == 2, live_rank, &pair);
  MPI_Request barrier, sum, scan[2];
  long mine = live_rank + 1, all = 0, scanned = 0, pairs = 0;

  live_cut_one(0);
  if (live_rank == 0) compute(1.0);
  MPI_Ibarrier(MPI_COMM_WORLD, &barrier);
  if (live_rank == 0) compute(0.2);
  MPI_Wait(&barrier, MPI_STATUS_IGNORE);

  MPI_Iallreduce(&mine, &all, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD, &sum);
  live_cut_one(1);
  if (live_rank == 0) compute(0.3);
  MPI_Iscan(&mine, &scanned, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD, &scan[0]);
  if (live_rank == 0) compute(0.3);
  if (live_rank < 2) {
    MPI_Iallreduce(&mine, &pairs, 1, MPI_LONG, MPI_PROD, pair, &scan[1]);
    MPI_Wait(&scan[1], MPI_STATUS_IGNORE);
  }
  MPI_Wait(&scan[0], MPI_STATUS_IGNORE);
  MPI_Wait(&sum, MPI_STATUS_IGNORE);
  LIVE_CHECK(all == 6 && scanned == (live_rank + 1) * (live_rank + 2) / 2 && pairs == (live_rank < 2 ? 2 : 0));
  live_mix_int(all + 100 * scanned + 10000 * pairs);
  MPI_Comm_free(&pair);
  return live_end();
}
