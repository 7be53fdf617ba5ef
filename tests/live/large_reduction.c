// SPDX-License-Identifier: Apache-2.0
// Shows: reductions through the large-count functions; a large-count user function hears of all elements, also of more
// than 2^31-1 that take no memory, before and after the cut.
// live: ranks=2 cuts=all apps=mpich
#include "lib/live.h"

static MPI_Count heard;

static void add(void* in, void* inout, MPI_Count* length, MPI_Datatype* type) {
  heard += *length;
  if (*type != MPI_INT) return;
  for (MPI_Count i = 0; i < *length; i++) ((int*)inout)[i] += 2 * ((int*)in)[i];
}

static void reduce(MPI_Op op, MPI_Datatype overlaid) {
  int in[6] = {1, 2, 3, 4, 5, 6}, out[6] = {0};
  heard = 0;
  MPI_Reduce_local_c(in, out, 3000000000, overlaid, op);
  LIVE_CHECK(heard == 3000000000);
  in[0] += live_rank;
  MPI_Reduce_local_c(in, out, 6, MPI_INT, op);
  live_mix(out, sizeof out);
  MPI_Allreduce_c(in, out, 6, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  live_mix(out, sizeof out);
  MPI_Scan_c(in, out, 6, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  live_mix(out, sizeof out);
  MPI_Count counts[2] = {4, 2};
  MPI_Reduce_scatter_c(in, out, counts, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  live_mix(out, live_rank == 0 ? 16 : 8);
  MPI_Bcast_c(out, 6, MPI_INT, 1, MPI_COMM_WORLD);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Op op;
  MPI_Op_create_c(add, 1, &op);
  MPI_Datatype none, overlaid;
  MPI_Type_contiguous(0, MPI_INT, &none);
  MPI_Type_create_resized(none, 0, 0, &overlaid);
  MPI_Type_commit(&overlaid);
  reduce(op, overlaid);
  live_cut(0);
  reduce(op, overlaid);
  MPI_Op_free(&op);
  MPI_Type_free(&overlaid);
  MPI_Type_free(&none);
  return live_end();
}
