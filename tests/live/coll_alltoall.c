// SPDX-License-Identifier: Apache-2.0
// Shows: Alltoall, Alltoallv and Alltoallw with a type per peer.
// live: ranks=3 cuts=all
#include "lib/live.h"

static void alltoall(MPI_Comm comm, MPI_Datatype pair) {
  int rank, size, out[64], in[64] = {0}, counts[8], places[8], bytes[8];
  MPI_Datatype types[8];
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  for (int i = 0; i < 64; i++) out[i] = 1000 * rank + i;
  for (int i = 0; i < 8; i++) {
    counts[i] = 1 + (i + rank) % 2;  // symmetric: i sends to rank what rank expects of i
    places[i] = 3 * i;
    bytes[i] = 8 * i * (int)sizeof(int);
    types[i] = (i + rank) % 2 ? pair : MPI_INT;
  }
  MPI_Alltoall(out, 2, MPI_INT, in, 2, MPI_INT, comm);
  for (int r = 0; r < size; r++) LIVE_CHECK(in[2 * r] == 1000 * r + 2 * rank);
  MPI_Alltoall(MPI_IN_PLACE, 2, MPI_INT, in, 2, MPI_INT, comm);
  for (int r = 0; r < size; r++) LIVE_CHECK(in[2 * r] == 1000 * rank + 2 * r);
  MPI_Alltoallv(out, counts, places, MPI_INT, in, counts, places, MPI_INT, comm);
  for (int r = 0; r < size; r++) LIVE_CHECK(in[3 * r] == 1000 * r + 3 * rank);
  live_mix(in, sizeof in);
  MPI_Alltoallw(out, counts, bytes, types, in, counts, bytes, types, comm);
  for (int r = 0; r < size; r++) LIVE_CHECK(in[8 * r] == 1000 * r + 8 * rank);
  live_mix(in, sizeof in);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm dup;
  MPI_Datatype pair;
  MPI_Comm_dup(MPI_COMM_WORLD, &dup);
  MPI_Type_vector(2, 1, 3, MPI_INT, &pair);
  MPI_Type_commit(&pair);
  alltoall(MPI_COMM_WORLD, pair);
  live_cut(0);
  alltoall(dup, pair);
  alltoall(MPI_COMM_WORLD, pair);
  MPI_Type_free(&pair);
  MPI_Comm_free(&dup);
  return live_end();
}
