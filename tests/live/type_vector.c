// SPDX-License-Identifier: Apache-2.0
// Shows: a vector type (columns of a matrix) in flight and posted.
// live: ranks=2 cuts=all
#include "lib/type_in_flight.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Datatype column;
  MPI_Type_vector(100, 2, 50, MPI_DOUBLE, &column);
  MPI_Type_commit(&column);
  type_in_flight(column, 1, 100 * 50 * sizeof(double));
  MPI_Type_free(&column);
  return live_end();
}
