// SPDX-License-Identifier: Apache-2.0
// Shows: a duplicate of a type lives on when its original is freed.
// live: ranks=2 cuts=all
#include "lib/type_in_flight.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Datatype original, type;
  MPI_Type_vector(9, 2, 5, MPI_UNSIGNED_CHAR, &original);
  MPI_Type_commit(&original);
  MPI_Type_dup(original, &type);
  MPI_Type_free(&original);
  type_in_flight(type, 5, 5 * 9 * 5);
  MPI_Type_free(&type);
  return live_end();
}
