// SPDX-License-Identifier: Apache-2.0
// Shows: operations issued in a fence epoch before the cut are complete after the closing fence, also with derived types
// that are freed in between; a rank waiting in the fence is no obstacle.
// live: ranks=2 cuts=all,late,all abi over-abi
#include "lib/live.h"

enum { N = 1000 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  static int window[N], origin[N], got[N];
  for (int i = 0; i < N; i++) window[i] = 10000 * (live_rank + 1) + i, origin[i] = -i - 1 - live_rank, got[i] = 0;
  int next = (live_rank + 1) % live_size, before = (live_rank + live_size - 1) % live_size;
  MPI_Win win;
  MPI_Win_create(window, sizeof window, sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &win);
  MPI_Win_fence(MPI_MODE_NOPRECEDE, win);
  MPI_Datatype every_second, back;
  MPI_Type_vector(N / 4, 1, 2, MPI_INT, &every_second);
  MPI_Type_dup(every_second, &back);
  MPI_Type_commit(&every_second);
  MPI_Type_commit(&back);
  MPI_Put(origin, N / 4, MPI_INT, next, 0, 1, every_second, win);
  MPI_Get(got, 1, back, next, N / 2, N / 4, MPI_INT, win);
  MPI_Type_free(&every_second);
  MPI_Type_free(&back);
  live_cut(0);
  MPI_Win_fence(0, win);
  for (int i = 0; i < N / 4; i++) {
    LIVE_CHECK(window[2 * i] == -i - 1 - before && window[2 * i + 1] == 10000 * (live_rank + 1) + 2 * i + 1);
    LIVE_CHECK(got[2 * i] == 10000 * (next + 1) + N / 2 + i && got[2 * i + 1] == 0);
  }
  MPI_Put(&origin[7], 1, MPI_INT, next, 9 * N / 10, 1, MPI_INT, win);
  live_cut_one(1);
  MPI_Win_fence(0, win);
  LIVE_CHECK(window[9 * N / 10] == -8 - before);
  MPI_Win_fence(MPI_MODE_NOSUCCEED, win);
  live_cut(2);
  MPI_Win_fence(0, win);
  MPI_Get(got, 1, MPI_INT, next, 9 * N / 10, 1, MPI_INT, win);
  MPI_Put(origin, 1, MPI_INT, MPI_PROC_NULL, 0, 1, MPI_INT, win);
  MPI_Win_fence(MPI_MODE_NOSUCCEED, win);
  LIVE_CHECK(got[0] == -8 - live_rank);
  live_mix(window, sizeof window);
  MPI_Win_free(&win);
  LIVE_CHECK(win == MPI_WIN_NULL);
  return live_end();
}
