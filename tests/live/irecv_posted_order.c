// SPDX-License-Identifier: Apache-2.0
// Shows: several posted receives that match the same message are filled in the order of their posting.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { n = 12 };
  int in[n], peer = live_rank ^ 1;
  MPI_Request requests[n];
  for (int i = 0; i < n; i++)
    MPI_Irecv(&in[i], 1, MPI_INT, i % 3 == 1 ? MPI_ANY_SOURCE : peer, i % 2 ? MPI_ANY_TAG : 8, MPI_COMM_WORLD, &requests[i]);
  live_cut(0);
  for (int i = 0; i < n; i++) {
    int value = 1000 * live_rank + i;
    MPI_Send(&value, 1, MPI_INT, peer, 8, MPI_COMM_WORLD);
  }
  MPI_Waitall(n, requests, MPI_STATUSES_IGNORE);
  for (int i = 0; i < n; i++) LIVE_CHECK(in[i] == 1000 * peer + i);
  live_mix(in, sizeof in);
  return live_end();
}
