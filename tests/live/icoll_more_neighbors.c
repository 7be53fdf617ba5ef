// SPDX-License-Identifier: Apache-2.0
// Shows: MPI_Ialltoallw in flight at the cut on a communicator whose topology has many more neighbours than members.
// live: ranks=2 cuts=all
#include "lib/live.h"

enum { edges = 3000, numbers = 5000 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  static int peers[edges], counts[2] = {numbers, numbers}, places[2] = {0, numbers * (int)sizeof(long)};
  static long in[2 * numbers], out[2 * numbers];
  static MPI_Datatype types[edges];  // Open MPI looks at one for each neighbour
  MPI_Comm graph;
  MPI_Request request;
  for (int i = 0; i < edges; i++) peers[i] = i % 2, types[i] = MPI_LONG;
  MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, edges, peers, MPI_UNWEIGHTED, edges, peers, MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &graph);
  for (int i = 0; i < 2 * numbers; i++) in[i] = 10 * i + live_rank;
  MPI_Ialltoallw(in, counts, places, types, out, counts, places, types, graph, &request);
  live_cut(0);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  for (int i = 0; i < numbers; i++) LIVE_CHECK(out[i] == 10 * (numbers * live_rank + i) && out[numbers + i] == out[i] + 1);
  live_mix(out, sizeof out);
  MPI_Comm_free(&graph);
  return live_end();
}
