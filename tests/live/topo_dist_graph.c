// SPDX-License-Identifier: Apache-2.0
// Shows: a distributed graph made from edges named by one rank keeps neighbours and weights.
// live: ranks=4 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 4);
  int sources[4] = {0, 1, 2, 3}, degrees[4] = {1, 1, 1, 1}, targets[4] = {1, 2, 3, 0}, weights[4] = {5, 6, 7, 8};
  MPI_Comm ring;
  MPI_Dist_graph_create(MPI_COMM_WORLD, live_rank == 2 ? 4 : 0, sources, degrees, targets, weights, MPI_INFO_NULL, 0, &ring);
  live_cut(0);
  int in = 0, out = 0, weighted = 0, kind = 0, from = -1, to = -1, in_weight = 0, out_weight = 0, got = -1;
  MPI_Topo_test(ring, &kind);
  MPI_Dist_graph_neighbors_count(ring, &in, &out, &weighted);
  LIVE_CHECK(kind == MPI_DIST_GRAPH && in == 1 && out == 1 && weighted);
  MPI_Dist_graph_neighbors(ring, 1, &from, &in_weight, 1, &to, &out_weight);
  LIVE_CHECK(to == (live_rank + 1) % 4 && from == (live_rank + 3) % 4);
  LIVE_CHECK(out_weight == 5 + live_rank && in_weight == 5 + from);
  MPI_Sendrecv(&live_rank, 1, MPI_INT, to, 0, &got, 1, MPI_INT, from, 0, ring, MPI_STATUS_IGNORE);
  LIVE_CHECK(got == from);
  live_mix_int(got);
  MPI_Comm_free(&ring);
  return live_end();
}
