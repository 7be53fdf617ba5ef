// SPDX-License-Identifier: Apache-2.0
// Shows: 3-D subarrays in C and Fortran order in flight and posted.
// live: ranks=2 cuts=all
#include "lib/type_in_flight.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int sizes[3] = {8, 9, 10}, subsizes[3] = {3, 4, 5}, starts[3] = {2, 1, 4};
  MPI_Datatype inner, type;
  MPI_Type_create_subarray(3, sizes, subsizes, starts, MPI_ORDER_C, MPI_INT, &inner);
  int outer_sizes[2] = {3, 2}, outer_subsizes[2] = {1, 2}, outer_starts[2] = {1, 0};
  MPI_Type_create_subarray(2, outer_sizes, outer_subsizes, outer_starts, MPI_ORDER_FORTRAN, inner, &type);
  MPI_Type_free(&inner);
  MPI_Type_commit(&type);
  type_in_flight(type, 1, 6 * 8 * 9 * 10 * sizeof(int));
  MPI_Type_free(&type);
  return live_end();
}
