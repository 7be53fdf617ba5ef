// SPDX-License-Identifier: Apache-2.0
// Shows: accumulating operations are done exactly once, also those in flight at the cut: accumulate, get_accumulate,
// fetch_and_op, compare_and_swap; with predefined and derived types, MPI_REPLACE and MPI_NO_OP.
// live: ranks=2 cuts=all,all
#include "lib/live.h"

struct cells {
  int sums[64];
  double products[8];
  long counter, swapped;
  int replaced[4];
};

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  static struct cells mine;
  for (int i = 0; i < 8; i++) mine.products[i] = 1.0;
  int other = 1 - live_rank, ints[64], fetched[64];
  double factors[8];
  long one = 1, before = -1, swap = 10 + live_rank, expected = 0, found = -1;
  for (int i = 0; i < 64; i++) ints[i] = i + 1, fetched[i] = -1;
  for (int i = 0; i < 8; i++) factors[i] = 1.0 + i * 0.5;
  MPI_Win win;
  MPI_Win_create(&mine, sizeof mine, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &win);
  MPI_Win_lock_all(0, win);
  MPI_Datatype odd;
  MPI_Type_vector(32, 1, 2, MPI_INT, &odd);
  MPI_Type_commit(&odd);
  for (int round = 0; round < 2; round++) {
    for (int target = 0; target < 2; target++) {
      MPI_Accumulate(ints, 64, MPI_INT, target, offsetof(struct cells, sums), 64, MPI_INT, MPI_SUM, win);
      MPI_Accumulate(ints, 32, MPI_INT, target, offsetof(struct cells, sums), 1, odd, MPI_SUM, win);
      MPI_Accumulate(factors, 8, MPI_DOUBLE, target, offsetof(struct cells, products), 8, MPI_DOUBLE, MPI_PROD, win);
    }
    MPI_Fetch_and_op(&one, &before, MPI_LONG, 0, offsetof(struct cells, counter), MPI_SUM, win);
    MPI_Barrier(MPI_COMM_WORLD);  // whoever waits at the cut makes no progress for the others
    live_cut(round);
    MPI_Win_flush_all(win);
    LIVE_CHECK(before >= 0 && before < 4);
    MPI_Barrier(MPI_COMM_WORLD);
  }
  MPI_Type_free(&odd);
  for (int attempt = 0; attempt < 2; attempt++) {  // on the other rank: Open MPI 4.1.4 crashes on the own one
    MPI_Compare_and_swap(&swap, &expected, &found, MPI_LONG, other, offsetof(struct cells, swapped), win);
    MPI_Win_flush(other, win);
    LIVE_CHECK(found == (attempt == 0 ? 0 : swap));
  }
  MPI_Get_accumulate(NULL, 0, MPI_INT, fetched, 64, MPI_INT, other, offsetof(struct cells, sums), 64, MPI_INT, MPI_NO_OP, win);
  MPI_Accumulate(ints, 4, MPI_INT, other, offsetof(struct cells, replaced), 4, MPI_INT, MPI_REPLACE, win);
  MPI_Win_flush(other, win);
  for (int i = 0; i < 64; i++) LIVE_CHECK(fetched[i] == 4 * (i + 1) + (i % 2 == 0 ? 4 * (i / 2 + 1) : 0));
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_unlock_all(win);
  for (int i = 0; i < 8; i++) {
    double f = factors[i];
    LIVE_CHECK(mine.products[i] == f * f * f * f);
  }
  LIVE_CHECK(mine.replaced[3] == 4 && (live_rank != 0 || mine.counter == 4));
  live_mix(&mine, sizeof mine);
  MPI_Win_free(&win);
  return live_end();
}
