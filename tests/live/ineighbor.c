// SPDX-License-Identifier: Apache-2.0
// Shows: nonblocking neighbourhood collectives on a Cartesian and a distributed graph communicator are in flight at the cut.
// live: ranks=4 cuts=all
#include "lib/live.h"

enum { n = 1500 };
static long in[n * 4], out[5][n * 4], graph_out[2][n * 4];

static int start_on_ring(MPI_Comm ring, MPI_Request* r) {
  static int counts[2] = {n, n / 2}, places[2] = {0, n + 5}, even[2] = {n, n}, ones[2] = {1, 1};
  static MPI_Aint byte_places[2] = {0, (MPI_Aint)((n + 5) * sizeof(long))};
  MPI_Datatype types[2];
  static MPI_Datatype standing[2];
  MPI_Type_contiguous(n, MPI_LONG, &types[0]);
  MPI_Type_vector(n / 2, 1, 2, MPI_LONG, &types[1]);
  for (int i = 0; i < 2; i++) {
    MPI_Type_commit(&types[i]);
    standing[i] = types[i];
  }
  static MPI_Datatype receive_types[2];  // the left neighbour's second block, the right one's first
  receive_types[0] = standing[1], receive_types[1] = standing[0];
  int k = 0;
  MPI_Ineighbor_allgather(in, n, MPI_LONG, out[0], n, MPI_LONG, ring, &r[k++]);
  MPI_Ineighbor_allgatherv(in, n, MPI_LONG, out[1], even, places, MPI_LONG, ring, &r[k++]);
  MPI_Ineighbor_alltoall(in, n, MPI_LONG, out[2], n, MPI_LONG, ring, &r[k++]);
  static int swapped[2] = {n / 2, n};
  MPI_Ineighbor_alltoallv(in, counts, places, MPI_LONG, out[3], swapped, places, MPI_LONG, ring, &r[k++]);
  MPI_Ineighbor_alltoallw(in, ones, byte_places, standing, out[4], ones, byte_places, receive_types, ring, &r[k++]);
  MPI_Type_free(&types[0]);
  MPI_Type_free(&types[1]);
  return k;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 4);
  int dims[1] = {live_size}, periods[1] = {1};
  MPI_Comm ring, star;
  MPI_Cart_create(MPI_COMM_WORLD, 1, dims, periods, 0, &ring);
  int sources[1] = {0}, targets[3] = {1, 2, 3}, none = 0;
  MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, live_rank != 0, live_rank ? sources : &none, MPI_UNWEIGHTED,
                                 live_rank == 0 ? 3 : 0, targets, MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &star);
  live_fill(in, sizeof in, (uint64_t)live_rank + 9);
  MPI_Request r[7];
  int started = start_on_ring(ring, r);
  MPI_Ineighbor_allgather(in, n, MPI_LONG, graph_out[0], n, MPI_LONG, star, &r[started++]);
  MPI_Ineighbor_alltoall(in, n, MPI_LONG, graph_out[1], n, MPI_LONG, star, &r[started++]);
  live_cut(0);
  MPI_Waitall(started, r, MPI_STATUSES_IGNORE);
  live_mix(out, sizeof out);
  live_mix(graph_out, sizeof graph_out);
  memset(out, 0, sizeof out);
  started = start_on_ring(ring, r);
  MPI_Waitall(started, r, MPI_STATUSES_IGNORE);
  live_mix(out, sizeof out);
  MPI_Comm_free(&ring);
  MPI_Comm_free(&star);
  return live_end();
}
