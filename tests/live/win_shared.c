// SPDX-License-Identifier: Apache-2.0
// Shows: memory of MPI_Win_allocate_shared is one memory for all ranks after the cut as before it, at the same addresses
// and with the same content; parts of different sizes, in one piece or apart. A part of no bytes that lies apart has no address.
// live: ranks=3 cuts=all,all
#include "lib/live.h"

static void look(MPI_Win win, int apart, int round) {
  char* base[3];
  MPI_Aint size[3];
  int unit[3];
  for (int r = 0; r < 3; r++) {
    MPI_Win_shared_query(win, r, &size[r], &unit[r], &base[r]);
    LIVE_CHECK(size[r] >= 8000 * (r + 1) && unit[r] == 4 * (r + 1));
    size[r] = 8000 * (r + 1);  // Open MPI rounds parts that lie apart
    if (r > 0 && !apart) LIVE_CHECK(base[r] == base[r - 1] + size[r - 1]);
  }
  MPI_Win_sync(win);
  MPI_Barrier(MPI_COMM_WORLD);
  int next = (live_rank + 1) % 3;
  for (int i = 0; i < size[next]; i++) base[next][i] = (char)(i * 3 + next + round);
  MPI_Win_sync(win);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_sync(win);
  for (int i = 0; i < size[live_rank]; i++) LIVE_CHECK(base[live_rank][i] == (char)(i * 3 + live_rank + round));
  live_mix(base[live_rank], (size_t)size[live_rank]);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm node;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  MPI_Info apart;
  MPI_Info_create(&apart);
  MPI_Info_set(apart, "alloc_shared_noncontig", "true");
  MPI_Win win[2];
  char* mine[2];
  for (int w = 0; w < 2; w++) {
    MPI_Win_allocate_shared(8000 * (live_rank + 1), 4 * (live_rank + 1), w == 0 ? MPI_INFO_NULL : apart, node, &mine[w], &win[w]);
    MPI_Win_lock_all(0, win[w]);
    memset(mine[w], 5 + w + live_rank, (size_t)(8000 * (live_rank + 1)));
  }
  MPI_Win with_empty;
  MPI_Aint bytes;
  int unit;
  char* empty = NULL;
  MPI_Win_allocate_shared(live_rank == 1 ? 0 : 100, 1, apart, node, &empty, &with_empty);
  LIVE_CHECK((empty == NULL) == (live_rank == 1));
  MPI_Info_free(&apart);
  MPI_Barrier(node);
  live_cut(0);
  for (int r = 0; r < 3; r++) {
    MPI_Win_shared_query(with_empty, r, &bytes, &unit, &empty);
    LIVE_CHECK((empty == NULL) == (r == 1) && (bytes == 0) == (r == 1));
  }
  MPI_Win_free(&with_empty);
  for (int w = 0; w < 2; w++) {
    int next = (live_rank + 1) % 3, unit;
    MPI_Aint size;
    char *theirs, *lowest, *first;
    MPI_Win_shared_query(win[w], next, &size, &unit, &theirs);
    for (int i = 0; i < 8000 * (next + 1); i++) LIVE_CHECK(theirs[i] == 5 + w + next);
    MPI_Win_shared_query(win[w], 0, &size, &unit, &first);
    MPI_Win_shared_query(win[w], MPI_PROC_NULL, &size, &unit, &lowest);
    LIVE_CHECK(lowest == first);
    MPI_Barrier(node);
    look(win[w], w, 0);
    char got = 0;
    MPI_Get(&got, 1, MPI_CHAR, next, 2, 1, MPI_CHAR, win[w]);
    MPI_Win_flush(next, win[w]);
    LIVE_CHECK(got == (char)(2 * 4 * (next + 1) * 3 + next));
    MPI_Barrier(node);
  }
  live_cut(1);
  for (int w = 0; w < 2; w++) {
    look(win[w], w, 17);
    MPI_Win_unlock_all(win[w]);
    MPI_Win_free(&win[w]);
  }
  MPI_Comm_free(&node);
  return live_end();
}
