// SPDX-License-Identifier: Apache-2.0
// Shows: the types of MPI_Type_create_f90_* and pair types found by their members live on, also inside of others; a message
// of one is in flight at the cut.
// live: ranks=2 cuts=all abi
#include "lib/newer.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int peer = live_rank ^ 1, sizes[3], combiner, integers, addresses, types, got_parameters[2];
  MPI_Datatype real, complex, integer, again, pair = MPI_DOUBLE_INT, row, none[1];
  MPI_Aint no_address[1];
  MPI_Type_create_f90_real(12, 100, &real);
  MPI_Type_create_f90_complex(5, 20, &complex);
  MPI_Type_create_f90_integer(8, &integer);
  MPI_Type_contiguous(4, integer, &row);
  MPI_Type_commit(&row);
  if (live_has(MPI_Type_get_value_index)) MPI_Type_get_value_index(MPI_DOUBLE, MPI_INT, &pair);
  LIVE_CHECK(pair == MPI_DOUBLE_INT);
  double x = 0.5 + live_rank, y = 0;
  float z[2] = {1, 2}, w[2] = {0, 0};
  int mine[4] = {1, 2, 3, live_rank}, other[4] = {0};
  struct { double value; int index; } in = {3.0 - live_rank, live_rank}, least;
  MPI_Request sent;
  MPI_Isend(mine, 1, row, peer, 3, MPI_COMM_WORLD, &sent);
  live_cut(0);
  MPI_Recv(other, 1, row, peer, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Wait(&sent, MPI_STATUS_IGNORE);
  LIVE_CHECK(other[3] == peer);
  MPI_Sendrecv(&x, 1, real, peer, 1, &y, 1, real, peer, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  LIVE_CHECK(y == 0.5 + peer);
  MPI_Sendrecv(z, 1, complex, peer, 2, w, 1, complex, peer, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  LIVE_CHECK(w[0] == 1 && w[1] == 2);
  MPI_Allreduce(&in, &least, 1, pair, MPI_MINLOC, MPI_COMM_WORLD);
  LIVE_CHECK(least.index == 1 && least.value == 2.0);
  MPI_Type_create_f90_real(12, 100, &again);
  LIVE_CHECK(again == real);
  MPI_Type_get_envelope(real, &integers, &addresses, &types, &combiner);
  LIVE_CHECK(combiner == MPI_COMBINER_F90_REAL && integers == 2);
  MPI_Type_get_contents(real, 2, 0, 0, got_parameters, no_address, none);
  LIVE_CHECK(got_parameters[0] == 12 && got_parameters[1] == 100);
  MPI_Type_size(real, &sizes[0]);
  MPI_Type_size(complex, &sizes[1]);
  MPI_Type_size(integer, &sizes[2]);
  LIVE_CHECK(sizes[0] == 8 && sizes[1] == 8 && sizes[2] == 4);
  live_mix(sizes, sizeof sizes);
  live_mix(other, sizeof other);
  MPI_Type_free(&row);
  return live_end();
}
