// SPDX-License-Identifier: Apache-2.0
// Shows: an indexed type with blocks of different length and out of order, in flight and posted.
// live: ranks=2 cuts=all
#include "lib/type_in_flight.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int lengths[5] = {3, 0, 1, 4, 2}, places[5] = {20, 0, 5, 10, 30};
  MPI_Datatype type;
  MPI_Type_indexed(5, lengths, places, MPI_INT, &type);
  MPI_Type_commit(&type);
  type_in_flight(type, 4, 4 * 32 * sizeof(int));
  MPI_Type_free(&type);
  return live_end();
}
