// SPDX-License-Identifier: Apache-2.0
// Shows: persistent collectives with arrays, on a ring too, active at one cut and inactive at the other.
// live: ranks=3 cuts=all,all
#include "lib/persistent_collectives.h"

enum { n = 900, kinds = 10 };
static long in[n * 4], out[kinds][n * 4];
static int counts[3] = {n, n - 100, n - 200}, places[3] = {0, n + 1, 2 * n + 2}, ones[3] = {1, 1, 1}, zeros[3], own[3];
static int byte_places[3], pairs[2] = {n, n};
static MPI_Aint far_places[2] = {0, (MPI_Aint)(n * sizeof(long))};
static MPI_Datatype types[3], send_types[3], ring_types[2];

static int make(MPI_Comm ring, MPI_Request* r) {
  MPI_Comm comm = MPI_COMM_WORLD;
  int k = 0, mine = counts[live_rank];
  MPI_Allgatherv_init(in, mine, MPI_LONG, out[0], counts, places, MPI_LONG, comm, MPI_INFO_NULL, &r[k++]);
  MPI_Gatherv_init(in, mine, MPI_LONG, out[1], counts, places, MPI_LONG, 2, comm, MPI_INFO_NULL, &r[k++]);
  MPI_Scatterv_init(in, counts, places, MPI_LONG, out[2], mine, MPI_LONG, 0, comm, MPI_INFO_NULL, &r[k++]);
  MPI_Alltoallv_init(in, own, zeros, MPI_LONG, out[3], counts, places, MPI_LONG, comm, MPI_INFO_NULL, &r[k++]);
  MPI_Alltoallw_init(in, ones, zeros, send_types, out[4], ones, byte_places, types, comm, MPI_INFO_NULL, &r[k++]);
  MPI_Neighbor_allgather_init(in, n, MPI_LONG, out[5], n, MPI_LONG, ring, MPI_INFO_NULL, &r[k++]);
  MPI_Neighbor_allgatherv_init(in, n, MPI_LONG, out[6], pairs, places, MPI_LONG, ring, MPI_INFO_NULL, &r[k++]);
  MPI_Neighbor_alltoall_init(in, n, MPI_LONG, out[7], n, MPI_LONG, ring, MPI_INFO_NULL, &r[k++]);
  MPI_Neighbor_alltoallv_init(in, pairs, places, MPI_LONG, out[8], pairs, places, MPI_LONG, ring, MPI_INFO_NULL, &r[k++]);
  MPI_Neighbor_alltoallw_init(in, ones, far_places, ring_types, out[9], ones, far_places, ring_types, ring, MPI_INFO_NULL, &r[k++]);
  return k;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  int dims[1] = {live_size}, periods[1] = {1};
  MPI_Comm ring;
  MPI_Cart_create(MPI_COMM_WORLD, 1, dims, periods, 0, &ring);
  for (int i = 0; i < 3; i++) {
    MPI_Type_contiguous(counts[i], MPI_LONG, &types[i]);
    MPI_Type_commit(&types[i]);
    byte_places[i] = places[i] * (int)sizeof(long);
    own[i] = counts[live_rank];
  }
  for (int i = 0; i < 3; i++) send_types[i] = types[live_rank];
  ring_types[0] = ring_types[1] = types[0];
  MPI_Request r[kinds];
  int made = make(ring, r);
  for (int i = 0; i < 3; i++) {
    MPI_Datatype freed = types[i];
    MPI_Type_free(&freed);
  }
  for (int round = 0; round < 3; round++) {
    live_fill(in, sizeof in, (uint64_t)(live_rank + 50 * round));
    memset(out, 0, sizeof out);
    for (int i = 0; i < made; i++) MPI_Start(&r[i]);
    if (round == 0) live_cut(0);
    MPI_Waitall(made, r, MPI_STATUSES_IGNORE);
    if (round == 0) live_cut(1);
    LIVE_CHECK(memcmp(out[0], out[3], sizeof out[0]) == 0 && memcmp(out[0], out[4], sizeof out[0]) == 0);
    live_mix(out, sizeof out);
  }
  for (int i = 0; i < made; i++) MPI_Request_free(&r[i]);
  MPI_Comm_free(&ring);
  return live_end();
}
