// SPDX-License-Identifier: Apache-2.0
// Shows: Waitany and Waitsome work through a set of requests half of which completed before the cut.
// live: ranks=2 cuts=all abi over-abi
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { n = 10 };
  int in[n], out[n], seen[n] = {0}, peer = live_rank ^ 1, done = 0;
  MPI_Request requests[n];
  for (int i = 0; i < n; i++) {
    out[i] = 100 * live_rank + i;
    MPI_Irecv(&in[i], 1, MPI_INT, peer, i, MPI_COMM_WORLD, &requests[i]);
  }
  for (int i = 0; i < n / 2; i++) MPI_Send(&out[i], 1, MPI_INT, peer, i, MPI_COMM_WORLD);
  int index = -1;
  MPI_Waitany(n, requests, &index, MPI_STATUS_IGNORE);
  LIVE_CHECK(index >= 0 && index < n);
  seen[index]++, done++;
  live_cut(0);
  for (int i = n / 2; i < n; i++) MPI_Send(&out[i], 1, MPI_INT, peer, i, MPI_COMM_WORLD);
  while (done < n) {
    int indices[n], count = 0;
    MPI_Status statuses[n];
    MPI_Waitsome(n, requests, &count, indices, statuses);
    LIVE_CHECK(count > 0);
    for (int i = 0; i < count; i++) {
      LIVE_CHECK(statuses[i].MPI_TAG == indices[i] && statuses[i].MPI_SOURCE == peer);
      seen[indices[i]]++, done++;
    }
  }
  for (int i = 0; i < n; i++) LIVE_CHECK(seen[i] == 1 && in[i] == 100 * peer + i && requests[i] == MPI_REQUEST_NULL);
  int count = 0;
  MPI_Waitsome(n, requests, &count, seen, MPI_STATUSES_IGNORE);
  LIVE_CHECK(count == MPI_UNDEFINED);
  live_mix(in, sizeof in);
  return live_end();
}
