// SPDX-License-Identifier: Apache-2.0
// Shows: puts, gets and accumulates reach windows that begin anywhere, with different units, under either MPI.
// MPICH 4.0.2 itself is wrong here (UCX 1.13 rounds addresses down to 16 bytes), so only the other's build is run.
// live: ranks=2 cuts=all apps=openmpi
#include "lib/live.h"

static _Alignas(16) int around[64];

static void exchange(MPI_Win win, int round) {
  int peer = live_rank ^ 1, unit = peer == 0 ? 1 : 4, out[2] = {1000 * round + live_rank, 5}, back = -1;
  MPI_Win_fence(0, win);
  MPI_Put(&out[0], 1, MPI_INT, peer, 8 / unit, 1, MPI_INT, win);
  MPI_Accumulate(&out[1], 1, MPI_INT, peer, 12 / unit, 1, MPI_INT, MPI_SUM, win);
  MPI_Win_fence(0, win);
  MPI_Get(&back, 1, MPI_INT, peer, 8 / unit, 1, MPI_INT, win);
  MPI_Win_fence(0, win);
  LIVE_CHECK(back == out[0]);
  live_mix(around, sizeof around);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Win win;
  int* begin = around + 17 + live_rank;  // 4 and 8 bytes after a multiple of 16
  MPI_Win_create(begin, 40, live_rank == 0 ? 1 : 4, MPI_INFO_NULL, MPI_COMM_WORLD, &win);
  exchange(win, 1);
  LIVE_CHECK(begin[2] == 1000 + (live_rank ^ 1) && begin[3] == 5);
  live_cut(0);
  exchange(win, 2);
  LIVE_CHECK(begin[2] == 2000 + (live_rank ^ 1) && begin[3] == 10);
  MPI_Win_free(&win);
  return live_end();
}
