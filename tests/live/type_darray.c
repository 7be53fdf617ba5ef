// SPDX-License-Identifier: Apache-2.0
// Shows: a block-cyclic distributed array type in flight and posted.
// live: ranks=2 cuts=all abi
#include "lib/type_in_flight.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int sizes[2] = {12, 10}, kinds[2] = {MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_CYCLIC};
  int arguments[2] = {MPI_DISTRIBUTE_DFLT_DARG, 3}, grid[2] = {2, 2};
  MPI_Datatype type;
  MPI_Type_create_darray(4, 1, 2, sizes, kinds, arguments, grid, MPI_ORDER_C, MPI_DOUBLE, &type);
  MPI_Type_commit(&type);
  type_in_flight(type, 1, 12 * 10 * sizeof(double));
  MPI_Type_free(&type);
  return live_end();
}
