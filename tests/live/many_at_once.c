// SPDX-License-Identifier: Apache-2.0
// Shows: hundreds of windows and of persistent collectives are there at once, of MPI's two thousand communicators or so; all of them
// work after the cut, with locks and epochs that are open at it.
// live: ranks=2 cuts=all
#include "lib/persistent_collectives.h"

enum { windows = 320, collectives = 320, locked = 3, posted = 77 };
static MPI_Win win[windows];
// Native MPICH 4.0 over UCX puts wrongly where a window does not begin at a multiple of 16.
static __attribute__((aligned(16))) long memory[windows][2];
static long sums[collectives], mine[collectives];
static MPI_Request collective[collectives];

static void put_everywhere(int peer, long value) {
  for (int i = 0; i < windows; i += 7) {
    long out = value + i;
    if (i == posted || i == locked) continue;
    MPI_Win_lock(MPI_LOCK_EXCLUSIVE, peer, 0, win[i]);
    MPI_Put(&out, 1, MPI_LONG, peer, 0, 1, MPI_LONG, win[i]);
    MPI_Win_unlock(peer, win[i]);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  for (int i = 0; i < windows; i += 7)
    if (i != posted && i != locked) LIVE_CHECK(memory[i][0] == value + i);
  MPI_Barrier(MPI_COMM_WORLD);
}

/// From the last to the first one: the order of starts is free.
static void sum_everywhere(int turn) {
  for (int i = collectives - 1; i >= 0; i -= 9) {
    mine[i] = turn + live_rank + i;
    MPI_Start(&collective[i]);
  }
  for (int i = 0; i < collectives; i++)  // MPICH 4.0's Waitall never ends where one of them has not been started
    if ((collectives - 1 - i) % 9 == 0) MPI_Wait(&collective[i], MPI_STATUS_IGNORE);
  for (int i = collectives - 1; i >= 0; i -= 9) LIVE_CHECK(sums[i] == 2 * (turn + i) + 1);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int peer = live_rank ^ 1;
  long out = 1000 + live_rank;
  MPI_Group world, other;
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  MPI_Group_incl(world, 1, &peer, &other);
  for (int i = 0; i < windows; i++) MPI_Win_create(memory[i], sizeof(long), sizeof(long), MPI_INFO_NULL, MPI_COMM_WORLD, &win[i]);
  for (int i = 0; i < collectives; i++)
    MPI_Allreduce_init(&mine[i], &sums[i], 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD, MPI_INFO_NULL, &collective[i]);
  put_everywhere(peer, 10);
  sum_everywhere(1);
  MPI_Win_lock(MPI_LOCK_SHARED, peer, 0, win[locked]);
  MPI_Win_post(other, 0, win[posted]);
  MPI_Win_start(other, 0, win[posted]);
  MPI_Put(&out, 1, MPI_LONG, peer, 0, 1, MPI_LONG, win[posted]);
  live_cut(0);
  MPI_Win_complete(win[posted]);
  MPI_Win_wait(win[posted]);
  LIVE_CHECK(memory[posted][0] == 1000 + peer);
  MPI_Win_unlock(peer, win[locked]);
  put_everywhere(peer, 20);
  sum_everywhere(2);
  live_mix(memory, sizeof memory);
  live_mix(sums, sizeof sums);
  for (int i = 0; i < collectives; i++) MPI_Request_free(&collective[i]);
  for (int i = 0; i < windows; i++) MPI_Win_free(&win[(i * 3) % windows]);
  MPI_Group_free(&other);
  MPI_Group_free(&world);
  return live_end();
}
