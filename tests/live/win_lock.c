// SPDX-License-Identifier: Apache-2.0
// Shows: exclusive and shared locks held at the cut are held after it; a rank waiting for a lock is no obstacle, and gets it.
// live: ranks=2 cuts=all,one,one
#include "lib/live.h"

static MPI_Win win;

static void count_up(int target, int times) {
  for (int i = 0; i < times; i++) {
    int n = 0;
    MPI_Win_lock(MPI_LOCK_EXCLUSIVE, target, 0, win);
    MPI_Get(&n, 1, MPI_INT, target, 3, 1, MPI_INT, win);
    MPI_Win_flush(target, win);
    n++;
    MPI_Put(&n, 1, MPI_INT, target, 3, 1, MPI_INT, win);
    MPI_Win_unlock(target, win);
  }
}

static int value_at(int target, int place, int kind) {
  int n = -1;
  MPI_Win_lock(kind, target, 0, win);
  MPI_Get(&n, 1, MPI_INT, target, place, 1, MPI_INT, win);
  MPI_Win_unlock(target, win);
  return n;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int* window;
  MPI_Win_allocate(4 * sizeof(int), sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &window, &win);
  MPI_Win_lock(MPI_LOCK_EXCLUSIVE, live_rank, 0, win);
  for (int i = 0; i < 4; i++) window[i] = 0;
  MPI_Win_unlock(live_rank, win);
  MPI_Barrier(MPI_COMM_WORLD);

  int other = 1 - live_rank, value = 5 + live_rank;
  MPI_Win_lock(live_rank == 0 ? MPI_LOCK_EXCLUSIVE : MPI_LOCK_SHARED, other, 0, win);
  MPI_Put(&value, 1, MPI_INT, other, 0, 1, MPI_INT, win);
  MPI_Barrier(MPI_COMM_WORLD);  // whoever waits at the cut makes no progress for the others
  live_cut(0);
  MPI_Put(&value, 1, MPI_INT, other, 1, 1, MPI_INT, win);
  MPI_Win_unlock(other, win);
  MPI_Barrier(MPI_COMM_WORLD);
  LIVE_CHECK(value_at(live_rank, 0, MPI_LOCK_SHARED) == 6 - live_rank && value_at(live_rank, 1, MPI_LOCK_EXCLUSIVE) == 6 - live_rank);

  count_up(0, 20);
  MPI_Barrier(MPI_COMM_WORLD);
  LIVE_CHECK(value_at(0, 3, MPI_LOCK_SHARED) == 40);
  MPI_Barrier(MPI_COMM_WORLD);

  for (int kind = 0; kind < 2; kind++) {  // rank 1 waits for a lock of rank 0
    if (live_rank == 0) MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 0, 0, win);
    MPI_Barrier(MPI_COMM_WORLD);
    if (live_rank == 0) {
      live_cut(1 + kind);
      window[2] = 77 + kind;
      MPI_Win_unlock(0, win);
    } else {
      int n = value_at(0, 2, kind == 0 ? MPI_LOCK_EXCLUSIVE : MPI_LOCK_SHARED);
      LIVE_CHECK(n == 77 + kind);
      live_mix_int(n);
    }
    MPI_Barrier(MPI_COMM_WORLD);
  }
  live_mix(window, 4 * sizeof(int));
  MPI_Win_free(&win);
  return live_end();
}
