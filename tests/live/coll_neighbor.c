// SPDX-License-Identifier: Apache-2.0
// Shows: every blocking neighbour collective works on a Cartesian communicator that was made before the cut.
// live: ranks=3 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  int periodic = 1, size = live_size, counts[2] = {2, 1}, places[2] = {0, 2}, out[4], in[4];
  MPI_Aint bytes[2] = {0, 2 * sizeof(int)};
  MPI_Datatype types[2] = {MPI_INT, MPI_INT}, pair;
  MPI_Comm ring;
  MPI_Cart_create(MPI_COMM_WORLD, 1, &size, &periodic, 0, &ring);
  MPI_Type_contiguous(2, MPI_INT, &pair);
  MPI_Type_commit(&pair);
  int left = (live_rank + live_size - 1) % live_size, right = (live_rank + 1) % live_size;
  for (int i = 0; i < 4; i++) out[i] = 10 * live_rank + i;
  MPI_Neighbor_allgather(out, 1, MPI_INT, in, 1, MPI_INT, ring);
  LIVE_CHECK(in[0] == 10 * left && in[1] == 10 * right);
  live_cut(0);
  MPI_Neighbor_allgather(out, 1, pair, in, 2, MPI_INT, ring);
  LIVE_CHECK(in[0] == 10 * left && in[1] == 10 * left + 1 && in[2] == 10 * right && in[3] == 10 * right + 1);
  int both[2] = {2, 2};
  MPI_Neighbor_allgatherv(out, 2, MPI_INT, in, both, places, MPI_INT, ring);
  LIVE_CHECK(in[1] == 10 * left + 1 && in[3] == 10 * right + 1);
  MPI_Neighbor_alltoall(out, 2, MPI_INT, in, 1, pair, ring);
  LIVE_CHECK(in[0] == 10 * left + 2 && in[2] == 10 * right);
  // Two to the left and one to the right: one comes from the left, two from the right.
  int got[2] = {1, 2}, got_places[2] = {0, 1};
  MPI_Neighbor_alltoallv(out, counts, places, MPI_INT, in, got, got_places, MPI_INT, ring);
  LIVE_CHECK(in[0] == 10 * left + 2 && in[1] == 10 * right && in[2] == 10 * right + 1);
  MPI_Aint got_bytes[2] = {0, sizeof(int)};
  MPI_Neighbor_alltoallw(out, counts, bytes, types, in, got, got_bytes, types, ring);
  LIVE_CHECK(in[0] == 10 * left + 2 && in[1] == 10 * right && in[2] == 10 * right + 1);
  live_mix(in, 3 * sizeof(int));
  MPI_Type_free(&pair);
  MPI_Comm_free(&ring);
  return live_end();
}
