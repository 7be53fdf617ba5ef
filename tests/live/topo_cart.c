// SPDX-License-Identifier: Apache-2.0
// Shows: a periodic Cartesian communicator: coordinates, shift and messages to neighbours after the cut.
// live: ranks=4 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 4);
  int dims[2] = {0, 0}, periods[2] = {1, 0}, coords[2], rank, kind = 0, count = 0, from, to, got = -1;
  MPI_Comm cart;
  MPI_Dims_create(4, 2, dims);
  LIVE_CHECK(dims[0] == 2 && dims[1] == 2);
  MPI_Cart_create(MPI_COMM_WORLD, 2, dims, periods, 0, &cart);
  live_cut(0);
  MPI_Topo_test(cart, &kind);
  MPI_Cartdim_get(cart, &count);
  LIVE_CHECK(kind == MPI_CART && count == 2);
  int found_dims[2], found_periods[2], found_coords[2];
  MPI_Cart_get(cart, 2, found_dims, found_periods, found_coords);
  LIVE_CHECK(memcmp(dims, found_dims, sizeof dims) == 0 && found_periods[0] == 1 && found_periods[1] == 0);
  MPI_Comm_rank(cart, &rank);
  MPI_Cart_coords(cart, rank, 2, coords);
  LIVE_CHECK(memcmp(coords, found_coords, sizeof coords) == 0);
  MPI_Cart_rank(cart, coords, &count);
  LIVE_CHECK(count == rank);
  for (int d = 0; d < 2; d++) {
    MPI_Cart_shift(cart, d, 1, &from, &to);
    LIVE_CHECK(d == 0 || (from == MPI_PROC_NULL) == (coords[1] == 0));
    got = -1;
    MPI_Sendrecv(&rank, 1, MPI_INT, to, d, &got, 1, MPI_INT, from, d, cart, MPI_STATUS_IGNORE);
    LIVE_CHECK(got == (from == MPI_PROC_NULL ? -1 : from));
    live_mix_int(got);
  }
  MPI_Comm_free(&cart);
  return live_end();
}
