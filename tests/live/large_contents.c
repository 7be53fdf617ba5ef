// SPDX-License-Identifier: Apache-2.0
// Shows: a type of a large-count constructor is decoded into large counts, before and after the cut.
// live: ranks=2 cuts=all apps=mpich
#include "lib/live.h"

static void decode(MPI_Datatype type) {
  MPI_Count integers, addresses, large, types;
  int combiner;
  MPI_Type_get_envelope_c(type, &integers, &addresses, &large, &types, &combiner);
  int i[16];
  MPI_Aint a[16];
  MPI_Count l[16];
  MPI_Datatype t[4];
  MPI_Type_get_contents_c(type, integers, addresses, large, types, i, a, l, t);
  live_mix_int(combiner);
  live_mix_int(integers * 1000000 + addresses * 10000 + large * 100 + types);
  for (int k = 0; k < integers; k++) live_mix_int(i[k]);
  for (int k = 0; k < addresses; k++) live_mix_int(a[k]);
  for (int k = 0; k < large; k++) live_mix_int(l[k]);
  LIVE_CHECK(t[0] == MPI_INT);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { types = 9 };
  MPI_Datatype made[types], parts[2] = {MPI_INT, MPI_CHAR};
  MPI_Count lengths[2] = {3, 1}, places[2] = {16, 0}, sizes[2] = {4, 5}, subsizes[2] = {2, 3}, starts[2] = {1, 2};
  int distributions[2] = {MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_CYCLIC}, arguments[2] = {MPI_DISTRIBUTE_DFLT_DARG, 2}, grid[2] = {1, 2};
  MPI_Type_contiguous_c(6, MPI_INT, &made[0]);
  MPI_Type_vector_c(2, 3, 4, MPI_INT, &made[1]);
  MPI_Type_create_hvector_c(2, 3, 40, MPI_INT, &made[2]);
  MPI_Type_indexed_c(2, lengths, places, MPI_INT, &made[3]);
  MPI_Type_create_hindexed_c(2, lengths, places, MPI_INT, &made[4]);
  MPI_Type_create_struct_c(2, lengths, places, parts, &made[5]);
  MPI_Type_create_subarray_c(2, sizes, subsizes, starts, MPI_ORDER_FORTRAN, MPI_INT, &made[6]);
  MPI_Type_create_darray_c(2, live_rank, 2, sizes, distributions, arguments, grid, MPI_ORDER_C, MPI_INT, &made[7]);
  MPI_Type_vector(2, 3, 4, MPI_INT, &made[8]);
  for (int i = 0; i < types; i++) decode(made[i]);
  live_cut(0);
  for (int i = 0; i < types; i++) decode(made[i]);
  for (int i = 0; i < types; i++) MPI_Type_free(&made[i]);
  return live_end();
}
