// SPDX-License-Identifier: Apache-2.0
// Shows: memory attached to a dynamic window before the cut is reached after it by the absolute addresses told before.
// live: ranks=2 cuts=all
#include "lib/live.h"

enum { N = 3000 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Win win;
  MPI_Win_create_dynamic(MPI_INFO_NULL, MPI_COMM_WORLD, &win);
  int* first = malloc(N * sizeof(int));
  int* second = malloc(N * sizeof(int));
  for (int i = 0; i < N; i++) first[i] = second[i] = 0;
  MPI_Win_attach(win, first, N * sizeof(int));
  MPI_Win_attach(win, second, N * sizeof(int));
  MPI_Aint mine[2], theirs[2];
  MPI_Get_address(first, &mine[0]);
  MPI_Get_address(second, &mine[1]);
  int other = 1 - live_rank, values[N];
  for (int i = 0; i < N; i++) values[i] = i + 7 * live_rank;
  MPI_Sendrecv(mine, 2, MPI_AINT, other, 0, theirs, 2, MPI_AINT, other, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Win_lock(MPI_LOCK_SHARED, other, 0, win);
  MPI_Put(values, N, MPI_INT, other, theirs[0], N, MPI_INT, win);
  MPI_Barrier(MPI_COMM_WORLD);  // whoever waits at the cut makes no progress for the others
  live_cut(0);
  MPI_Put(values, N - 1, MPI_INT, other, MPI_Aint_add(theirs[1], sizeof(int)), N - 1, MPI_INT, win);
  MPI_Win_unlock(other, win);
  MPI_Barrier(MPI_COMM_WORLD);
  for (int i = 0; i + 1 < N; i++) LIVE_CHECK(first[i] == i + 7 * other && second[i + 1] == i + 7 * other);
  MPI_Win_detach(win, first);
  int* flag;
  int found = 0;
  MPI_Win_get_attr(win, MPI_WIN_CREATE_FLAVOR, &flag, &found);
  LIVE_CHECK(found && *flag == MPI_WIN_FLAVOR_DYNAMIC);
  live_mix(first, N * sizeof(int));
  live_mix(second, N * sizeof(int));
  MPI_Win_detach(win, second);
  MPI_Win_free(&win);
  free(first);
  free(second);
  return live_end();
}
