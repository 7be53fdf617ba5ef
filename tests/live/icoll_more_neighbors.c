// SPDX-License-Identifier: Apache-2.0
// Shows: MPI_Ialltoallw in flight at the cut on communicators whose topology has many more neighbours than members, or that were made by
// MPI_Comm_create_group from one of those, which leaves the topology behind in Open MPI.
// live: ranks=2 cuts=all
#include "lib/live.h"

enum { edges = 3000, numbers = 5000, kinds = 3 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  static int peers[edges], counts[2] = {numbers, numbers}, places[2] = {0, numbers * (int)sizeof(long)};
  static long in[2 * numbers], out[kinds][2 * numbers];
  static MPI_Datatype types[edges];  // Open MPI looks at one for each neighbour
  MPI_Comm comms[kinds];
  MPI_Group members;
  MPI_Request requests[kinds];
  for (int i = 0; i < edges; i++) peers[i] = i % 2, types[i] = MPI_LONG;
  MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, edges, peers, MPI_UNWEIGHTED, edges, peers, MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &comms[0]);
  MPI_Comm_group(comms[0], &members);
  MPI_Comm_create_group(comms[0], members, 0, &comms[1]);
  MPI_Comm_dup(comms[1], &comms[2]);
  MPI_Group_free(&members);
  for (int i = 0; i < 2 * numbers; i++) in[i] = 10 * i + live_rank;
  for (int k = 0; k < kinds; k++) MPI_Ialltoallw(in, counts, places, types, out[k], counts, places, types, comms[k], &requests[k]);
  live_cut(0);
  MPI_Waitall(kinds, requests, MPI_STATUSES_IGNORE);
  for (int k = 0; k < kinds; k++) {
    for (int i = 0; i < numbers; i++) LIVE_CHECK(out[k][i] == 10 * (numbers * live_rank + i) && out[k][numbers + i] == out[k][i] + 1);
    MPI_Comm_free(&comms[k]);
  }
  live_mix(out, sizeof out);
  return live_end();
}
