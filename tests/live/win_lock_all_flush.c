// SPDX-License-Identifier: Apache-2.0
// Shows: a lock_all epoch goes on over the cut with flushed and unflushed operations, and goes on keeping out an exclusive lock.
// live: ranks=2 cuts=all,one
#include "lib/live.h"

enum { N = 5000 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  static long window[N], origin[N], got[N];
  int other = 1 - live_rank;
  for (int i = 0; i < N; i++) origin[i] = 100 * live_rank + i;
  MPI_Win win;
  MPI_Win_create(window, sizeof window, sizeof(long), MPI_INFO_NULL, MPI_COMM_WORLD, &win);
  MPI_Win_lock_all(0, win);
  MPI_Put(origin, N / 2, MPI_LONG, other, 0, N / 2, MPI_LONG, win);
  MPI_Win_flush(other, win);
  MPI_Put(origin + N / 2, N / 2, MPI_LONG, other, N / 2, N / 2, MPI_LONG, win);
  MPI_Barrier(MPI_COMM_WORLD);  // whoever waits at the cut makes no progress for the others
  live_cut(0);
  memset(origin, 0, 8);  // the first half was flushed: its buffer is free
  MPI_Win_flush_all(win);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_sync(win);
  for (int i = 0; i < N; i++) LIVE_CHECK(window[i] == 100 * other + i);
  MPI_Get(got, N, MPI_LONG, other, 0, N, MPI_LONG, win);
  MPI_Win_flush_local(other, win);
  for (int i = 0; i < N; i++) LIVE_CHECK(got[i] == 100 * live_rank + i);
  MPI_Win_flush_local_all(win);
  MPI_Barrier(MPI_COMM_WORLD);
  if (live_rank == 1) MPI_Win_unlock_all(win);
  if (live_rank == 0) {
    live_cut(1);
    long last = 4711;
    MPI_Put(&last, 1, MPI_LONG, 1, 1, 1, MPI_LONG, win);
    MPI_Win_unlock_all(win);
  } else {
    MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 1, 0, win);  // waits for rank 0's unlock_all
    LIVE_CHECK(window[1] == 4711);
    MPI_Win_unlock(1, win);
  }
  live_mix(window, sizeof window);
  MPI_Win_free(&win);
  return live_end();
}
