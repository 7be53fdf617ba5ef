// SPDX-License-Identifier: Apache-2.0
// Shows: rows and columns cut out of a Cartesian communicator reduce after the cut.
// live: ranks=4 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 4);
  int dims[2] = {2, 2}, periods[2] = {0, 1}, keep_row[2] = {0, 1}, keep_column[2] = {1, 0}, sum = 0, place = -1;
  MPI_Comm cart, row, column, dup;
  MPI_Cart_create(MPI_COMM_WORLD, 2, dims, periods, 0, &cart);
  MPI_Cart_sub(cart, keep_row, &row);
  MPI_Cart_sub(cart, keep_column, &column);
  MPI_Comm_dup(row, &dup);
  live_cut(0);
  int kind = 0, one_dim, one_period, coord;
  MPI_Topo_test(dup, &kind);
  LIVE_CHECK(kind == MPI_CART);
  MPI_Cart_get(dup, 1, &one_dim, &one_period, &coord);
  LIVE_CHECK(one_dim == 2 && one_period == 1 && coord == live_rank % 2);
  MPI_Cart_get(column, 1, &one_dim, &one_period, &coord);
  LIVE_CHECK(one_dim == 2 && one_period == 0 && coord == live_rank / 2);
  MPI_Allreduce(&live_rank, &sum, 1, MPI_INT, MPI_SUM, row);
  live_mix_int(sum);
  MPI_Allreduce(&live_rank, &sum, 1, MPI_INT, MPI_SUM, column);
  live_mix_int(sum);
  MPI_Cart_map(MPI_COMM_WORLD, 2, dims, periods, &place);
  LIVE_CHECK(place >= 0 && place < 4);
  MPI_Comm_free(&dup);
  MPI_Comm_free(&row);
  MPI_Comm_free(&column);
  MPI_Comm_free(&cart);
  return live_end();
}
