// SPDX-License-Identifier: Apache-2.0
// Shows: a window of one rank alone works before and after the cut, whatever the MPI underneath makes of such windows.
// live: ranks=2 cuts=all
#include "lib/live.h"

enum { N = 40 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int *window, ints[N], got[N], before = -1, two = 2, expected = 9, swap = 77;
  for (int i = 0; i < N; i++) ints[i] = i + 1, got[i] = -1;
  MPI_Win win;
  MPI_Win_allocate(N * sizeof(int), sizeof(int), MPI_INFO_NULL, MPI_COMM_SELF, &window, &win);
  MPI_Datatype odd;
  MPI_Type_vector(N / 4, 1, 2, MPI_INT, &odd);
  MPI_Type_commit(&odd);
  for (int i = 0; i < N; i++) window[i] = 1;
  MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 0, 0, win);
  MPI_Put(ints, N / 2, MPI_INT, 0, 0, N / 2, MPI_INT, win);
  MPI_Win_flush(0, win);
  MPI_Accumulate(ints, N / 4, MPI_INT, 0, 0, 1, odd, MPI_SUM, win);
  live_cut(0);
  MPI_Win_flush(0, win);
  MPI_Fetch_and_op(&two, &before, MPI_INT, 0, N - 1, MPI_PROD, win);
  MPI_Win_flush(0, win);
  LIVE_CHECK(before == 1 && window[N - 1] == 2);
  MPI_Request request;
  MPI_Rget(got, N / 4, MPI_INT, 0, 0, 1, odd, win, &request);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  for (int i = 0; i < N / 4; i++) LIVE_CHECK(got[i] == 2 * i + 1 + i + 1);
  MPI_Get_accumulate(ints, 4, MPI_INT, got, 4, MPI_INT, 0, 20, 4, MPI_INT, MPI_REPLACE, win);
  MPI_Win_flush(0, win);
  LIVE_CHECK(got[3] == 1 && window[23] == 4);
  window[30] = expected;
  MPI_Win_sync(win);
  MPI_Compare_and_swap(&swap, &expected, &before, MPI_INT, 0, 30, win);
  MPI_Win_unlock(0, win);
  LIVE_CHECK(before == 9 && window[30] == 77);
  live_mix(window, N * sizeof(int));
  struct pair { double value; int index; } high[3] = {{3, 7}, {9, 8}, {5, 9}}, old[3], *pairs;
  MPI_Win other;
  MPI_Win_allocate(3 * sizeof *pairs, sizeof *pairs, MPI_INFO_NULL, MPI_COMM_SELF, &pairs, &other);
  for (int i = 0; i < 3; i++) pairs[i] = (struct pair){4, i + 1};
  MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, other);
  MPI_Get_accumulate(high, 3, MPI_DOUBLE_INT, old, 3, MPI_DOUBLE_INT, 0, 0, 3, MPI_DOUBLE_INT, MPI_MAXLOC, other);
  MPI_Win_unlock(0, other);
  for (int i = 0; i < 3; i++) LIVE_CHECK(old[i].index == i + 1 && pairs[i].index == (i == 0 ? 1 : i + 7) && pairs[i].value == (i == 0 ? 4 : high[i].value));
  MPI_Win_free(&other);
  MPI_Type_free(&odd);
  MPI_Win_free(&win);
  return live_end();
}
