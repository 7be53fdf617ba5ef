// SPDX-License-Identifier: Apache-2.0
// Shows: resized types interleave with the extent they were given, before and after a restart.
// live: ranks=2 cuts=all
#include "lib/type_in_flight.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Datatype column, type;
  MPI_Type_vector(20, 1, 20, MPI_INT, &column);
  MPI_Type_create_resized(column, 0, sizeof(int), &type);
  MPI_Type_free(&column);
  MPI_Type_commit(&type);
  type_in_flight(type, 20, 20 * 20 * sizeof(int));  // transposes the whole matrix
  MPI_Type_free(&type);
  return live_end();
}
