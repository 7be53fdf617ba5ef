// SPDX-License-Identifier: Apache-2.0
// Shows: access and exposure epochs of post, start, complete and wait live on over the cut, with operations issued and with
// ranks waiting in start and wait.
// live: ranks=2 cuts=all,one,one,all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int window[4] = {0, 0, 0, 0}, value = 0;
  int other = 1 - live_rank, origin = live_rank == 0;
  MPI_Group world, peer;
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  MPI_Group_incl(world, 1, &other, &peer);
  MPI_Win win;
  MPI_Win_create(window, sizeof window, sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &win);

  if (origin) {  // an operation issued, both epochs open
    MPI_Win_start(peer, 0, win);
    value = 42;
    MPI_Put(&value, 1, MPI_INT, other, 0, 1, MPI_INT, win);
  } else {
    MPI_Win_post(peer, 0, win);
  }
  live_cut(0);
  if (origin) {
    MPI_Put(&value, 1, MPI_INT, other, 1, 1, MPI_INT, win);
    MPI_Win_complete(win);
  } else {
    MPI_Win_wait(win);
    LIVE_CHECK(window[0] == 42 && window[1] == 42);
  }

  if (origin) {  // the target waits for the end of the epoch
    MPI_Win_start(peer, 0, win);
    MPI_Accumulate(&value, 1, MPI_INT, other, 2, 1, MPI_INT, MPI_SUM, win);
    live_cut(1);
    MPI_Win_complete(win);
  } else {
    MPI_Win_post(peer, 0, win);
    MPI_Win_wait(win);
    LIVE_CHECK(window[2] == 42);
  }

  if (live_rank == 0) {  // the origin, now rank 1, waits for the beginning of the epoch
    live_cut(2);
    MPI_Win_post(peer, 0, win);
    for (int done = 0; !done;) MPI_Win_test(win, &done);
    LIVE_CHECK(window[3] == 7);
  } else {
    int seven = 7;
    MPI_Win_start(peer, 0, win);
    MPI_Put(&seven, 1, MPI_INT, other, 3, 1, MPI_INT, win);
    MPI_Win_complete(win);
  }

  int got = 0;
  MPI_Win_post(peer, 0, win);  // both at once: the posts are in flight
  live_cut(3);
  MPI_Win_start(peer, 0, win);
  MPI_Get(&got, 1, MPI_INT, other, live_rank == 0 ? 2 : 3, 1, MPI_INT, win);
  MPI_Win_complete(win);
  MPI_Win_wait(win);
  LIVE_CHECK(got == (live_rank == 0 ? 42 : 7));
  live_mix(window, sizeof window);
  MPI_Group_free(&peer);
  MPI_Group_free(&world);
  MPI_Win_free(&win);
  return live_end();
}
