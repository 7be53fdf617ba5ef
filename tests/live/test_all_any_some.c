// SPDX-License-Identifier: Apache-2.0
// Shows: Testall, Testany and Testsome say the truth about requests posted before the cut.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { n = 6 };
  int in[n], peer = live_rank ^ 1, flag = 1, index = 0, count = -1, indices[n];
  MPI_Request requests[n];
  for (int i = 0; i < n; i++) MPI_Irecv(&in[i], 1, MPI_INT, peer, i, MPI_COMM_WORLD, &requests[i]);
  live_cut(0);
  MPI_Testall(n, requests, &flag, MPI_STATUSES_IGNORE);
  LIVE_CHECK(!flag);
  MPI_Testany(n, requests, &index, &flag, MPI_STATUS_IGNORE);
  LIVE_CHECK(!flag && index == MPI_UNDEFINED);
  MPI_Testsome(n, requests, &count, indices, MPI_STATUSES_IGNORE);
  LIVE_CHECK(count == 0);
  MPI_Barrier(MPI_COMM_WORLD);
  for (int i = 0; i < n; i++) {
    int value = 7 * i + live_rank;
    MPI_Send(&value, 1, MPI_INT, peer, i, MPI_COMM_WORLD);
  }
  MPI_Status status;
  do MPI_Testany(2, requests, &index, &flag, &status);
  while (!flag);
  LIVE_CHECK(status.MPI_TAG == index);
  int left = 3;
  while (left > 0) {
    MPI_Testsome(3, requests + 2, &count, indices, MPI_STATUSES_IGNORE);
    if (count != MPI_UNDEFINED) left -= count;
  }
  do MPI_Testall(n, requests, &flag, MPI_STATUSES_IGNORE);
  while (!flag);
  for (int i = 0; i < n; i++) LIVE_CHECK(in[i] == 7 * i + peer);
  live_mix(in, sizeof in);
  return live_end();
}
