// SPDX-License-Identifier: Apache-2.0
// Shows: a graph communicator keeps its nodes and edges.
// live: ranks=4 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 4);
  int index[4] = {2, 3, 4, 6}, edges[6] = {1, 3, 0, 3, 0, 2}, nodes = 0, count = 0, kind = 0, found[8], found_index[4];
  MPI_Comm graph;
  MPI_Graph_create(MPI_COMM_WORLD, 4, index, edges, 0, &graph);
  live_cut(0);
  MPI_Topo_test(graph, &kind);
  MPI_Graphdims_get(graph, &nodes, &count);
  LIVE_CHECK(kind == MPI_GRAPH && nodes == 4 && count == 6);
  MPI_Graph_get(graph, 4, 6, found_index, found);
  LIVE_CHECK(memcmp(index, found_index, sizeof index) == 0 && memcmp(edges, found, sizeof edges) == 0);
  int rank;
  MPI_Comm_rank(graph, &rank);
  MPI_Graph_neighbors_count(graph, rank, &count);
  MPI_Graph_neighbors(graph, rank, count, found);
  LIVE_CHECK(count == (rank == 0 || rank == 3 ? 2 : 1) && found[0] == edges[rank ? index[rank - 1] : 0]);
  MPI_Comm_free(&graph);
  return live_end();
}
