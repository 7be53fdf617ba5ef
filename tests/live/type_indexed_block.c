// SPDX-License-Identifier: Apache-2.0
// Shows: indexed_block and hindexed_block types, one inside the other, in flight and posted.
// live: ranks=2 cuts=all
#include "lib/type_in_flight.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int places[4] = {9, 0, 6, 3};
  MPI_Aint offsets[3] = {0, 200, 100};
  MPI_Datatype inner, type;
  MPI_Type_create_indexed_block(4, 2, places, MPI_LONG, &inner);
  MPI_Type_create_hindexed_block(3, 1, offsets, inner, &type);
  MPI_Type_free(&inner);
  MPI_Type_commit(&type);
  type_in_flight(type, 1, 400);
  MPI_Type_free(&type);
  return live_end();
}
