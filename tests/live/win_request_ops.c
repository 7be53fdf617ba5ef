// SPDX-License-Identifier: Apache-2.0
// Shows: request-based operations started before the cut complete after it, each by its own request.
// live: ranks=2 cuts=all
#include "lib/live.h"

enum { N = 20000 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  static int window[3 * N], put[N], got[N], fetched[N], add[N];
  for (int i = 0; i < N; i++) put[i] = i * 3 + live_rank, add[i] = i, window[N + i] = 1000 * live_rank + i, window[2 * N + i] = 5;
  int other = 1 - live_rank;
  MPI_Win win;
  MPI_Win_create(window, sizeof window, sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &win);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_lock(MPI_LOCK_SHARED, other, 0, win);
  MPI_Request requests[5];
  MPI_Rput(put, N, MPI_INT, other, 0, N, MPI_INT, win, &requests[0]);
  MPI_Rget(got, N, MPI_INT, other, N, N, MPI_INT, win, &requests[1]);
  MPI_Raccumulate(add, N, MPI_INT, other, 2 * N, N, MPI_INT, MPI_SUM, win, &requests[2]);
  MPI_Rget_accumulate(add, N, MPI_INT, fetched, N, MPI_INT, other, 2 * N, N, MPI_INT, MPI_SUM, win, &requests[3]);
  MPI_Rput(put, 1, MPI_INT, MPI_PROC_NULL, 0, 1, MPI_INT, win, &requests[4]);
  MPI_Barrier(MPI_COMM_WORLD);  // whoever waits at the cut makes no progress for the others
  live_cut(0);
  int flag = 0;
  while (!flag) MPI_Test(&requests[1], &flag, MPI_STATUS_IGNORE);
  LIVE_CHECK(requests[1] == MPI_REQUEST_NULL);
  MPI_Waitall(5, requests, MPI_STATUSES_IGNORE);
  for (int i = 0; i < N; i++) LIVE_CHECK(got[i] == 1000 * other + i && (fetched[i] == 5 + i || fetched[i] == 5));
  MPI_Win_unlock(other, win);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_lock(MPI_LOCK_SHARED, live_rank, 0, win);
  for (int i = 0; i < N; i++) LIVE_CHECK(window[i] == i * 3 + other && window[2 * N + i] == 5 + 2 * i);
  live_mix(window, sizeof window);
  MPI_Win_unlock(live_rank, win);
  MPI_Win_free(&win);
  return live_end();
}
