// SPDX-License-Identifier: Apache-2.0
// Shows: datatypes made by large-count constructors, with numbers beyond 2^31-1, have the same sizes and layout after the cut.
// live: ranks=2 cuts=all apps=mpich
#include "lib/live.h"

enum { types = 9 };
static const MPI_Count big = 3000000000;

static void measure(const MPI_Datatype* made) {
  for (int i = 0; i < types; i++) {
    MPI_Count size, lb, extent, true_lb, true_extent;
    MPI_Type_size_c(made[i], &size);
    MPI_Type_get_extent_c(made[i], &lb, &extent);
    MPI_Type_get_true_extent_c(made[i], &true_lb, &true_extent);
    live_mix_int(size);
    live_mix_int(lb);
    live_mix_int(extent);
    live_mix_int(true_lb);
    live_mix_int(true_extent);
  }
}

/// A message of the one byte that the type has, one byte behind its beginning.
static void exchange(MPI_Datatype type) {
  char in[2] = {0}, out[2] = {0, (char)(40 + live_rank)};
  MPI_Sendrecv_c(out, 1, type, live_rank ^ 1, 0, in, 1, type, live_rank ^ 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  LIVE_CHECK(in[1] == 40 + (live_rank ^ 1));
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Datatype made[types];
  MPI_Count lengths[2] = {big, 1}, places[2] = {big, 0}, sizes[2] = {4, big}, subsizes[2] = {1, 1}, starts[2] = {2, big - 1};
  MPI_Count one[1] = {1};
  int distributions[2] = {MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_BLOCK}, arguments[2] = {MPI_DISTRIBUTE_DFLT_DARG, MPI_DISTRIBUTE_DFLT_DARG}, grid[2] = {1, 2};
  MPI_Datatype parts[2] = {MPI_SHORT, MPI_CHAR};
  MPI_Type_contiguous_c(big, MPI_SHORT, &made[0]);
  MPI_Type_vector_c(2, big, big + 5, MPI_CHAR, &made[1]);
  MPI_Type_create_hvector_c(big, 2, 16, MPI_INT, &made[2]);
  MPI_Type_indexed_c(2, lengths, places, MPI_CHAR, &made[3]);
  MPI_Type_create_hindexed_block_c(2, big, places, MPI_CHAR, &made[4]);
  MPI_Type_create_struct_c(2, lengths, places, parts, &made[5]);
  MPI_Type_create_subarray_c(2, sizes, subsizes, starts, MPI_ORDER_C, MPI_CHAR, &made[6]);
  MPI_Type_create_darray_c(2, live_rank, 2, sizes, distributions, arguments, grid, MPI_ORDER_C, MPI_CHAR, &made[7]);
  MPI_Type_create_hindexed_c(1, one, one, MPI_CHAR, &made[8]);
  for (int i = 0; i < types; i++) MPI_Type_commit(&made[i]);
  measure(made);
  live_cut(0);
  measure(made);
  exchange(made[8]);
  for (int i = 0; i < types; i++) MPI_Type_free(&made[i]);
  return live_end();
}
