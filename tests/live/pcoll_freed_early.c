// SPDX-License-Identifier: Apache-2.0
// Shows: a persistent MPI_Bcast that root and one other member have started for the last time and freed, for they don't wait for the third, which has its
// last start before it: the checkpoint waits for that start, for what it is to receive is on its way.
// live: ranks=3 cuts=late
#include "lib/persistent_collectives.h"

enum { n = 4, starts = 3, root = 1 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  static long in[n];
  MPI_Request request;
  MPI_Bcast_init(in, n, MPI_LONG, root, MPI_COMM_WORLD, MPI_INFO_NULL, &request);
  for (int s = 0; s < starts; s++) {
    for (int i = 0; i < n; i++) in[i] = live_rank == root ? 1000L * s + i : -1;
    if (s == starts - 1) live_cut_one(0);
    MPI_Start(&request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    for (int i = 0; i < n; i++) LIVE_CHECK(in[i] == 1000L * s + i);
    live_mix(in, sizeof in);
  }
  MPI_Request_free(&request);
  int token = live_rank;
  for (int i = 1; live_rank == 0 && i < live_size; i++) MPI_Send(&token, 1, MPI_INT, i, 0, MPI_COMM_WORLD);
  if (live_rank != 0) MPI_Recv(&token, 1, MPI_INT, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);  // the others wait here at the cut
  LIVE_CHECK(token == 0);
  return live_end();
}
