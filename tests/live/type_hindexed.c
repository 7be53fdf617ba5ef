// SPDX-License-Identifier: Apache-2.0
// Shows: an hindexed type with byte displacements, in flight and posted.
// live: ranks=2 cuts=all
#include "lib/type_in_flight.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int lengths[3] = {2, 5, 1};
  MPI_Aint places[3] = {4, 32, 100};  // aligned: MPIs pad others differently
  MPI_Datatype type;
  MPI_Type_create_hindexed(3, lengths, places, MPI_FLOAT, &type);
  MPI_Type_commit(&type);
  type_in_flight(type, 2, 400);
  MPI_Type_free(&type);
  return live_end();
}
