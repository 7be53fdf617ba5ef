// SPDX-License-Identifier: Apache-2.0
// Shows: an adjacent distributed graph, with and without weights.
// live: ranks=3 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  int from[2] = {(live_rank + 2) % 3, live_rank}, to[2] = {live_rank, (live_rank + 1) % 3};
  int in_weights[2] = {(live_rank + 2) % 3, 9}, out_weights[2] = {9, live_rank};
  MPI_Comm weighted, bare;
  MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 2, from, in_weights, 2, to, out_weights, MPI_INFO_NULL, 0, &weighted);
  MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 1, from, MPI_UNWEIGHTED, 1, to + 1, MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &bare);
  live_cut(0);
  int in = 0, out = 0, has_weights = -1, found_from[2], found_to[2], found_in[2], found_out[2];
  MPI_Dist_graph_neighbors_count(weighted, &in, &out, &has_weights);
  LIVE_CHECK(in == 2 && out == 2 && has_weights);
  MPI_Dist_graph_neighbors(weighted, 2, found_from, found_in, 2, found_to, found_out);
  LIVE_CHECK(memcmp(from, found_from, sizeof from) == 0 && memcmp(to, found_to, sizeof to) == 0);
  LIVE_CHECK(memcmp(in_weights, found_in, sizeof found_in) == 0 && memcmp(out_weights, found_out, sizeof found_out) == 0);
  MPI_Dist_graph_neighbors_count(bare, &in, &out, &has_weights);
  LIVE_CHECK(in == 1 && out == 1 && !has_weights);
  MPI_Comm_free(&weighted);
  MPI_Comm_free(&bare);
  return live_end();
}
