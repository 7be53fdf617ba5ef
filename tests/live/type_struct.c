// SPDX-License-Identifier: Apache-2.0
// Shows: a struct type with padding, resized to the struct's size, in flight and posted.
// live: ranks=2 cuts=all abi over-abi
#include "lib/type_in_flight.h"

struct particle {
  char kind;
  double place[3];
  int neighbours[2];
  short charge;
};

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int lengths[4] = {1, 3, 2, 1};
  MPI_Aint places[4] = {offsetof(struct particle, kind), offsetof(struct particle, place),
                        offsetof(struct particle, neighbours), offsetof(struct particle, charge)};
  MPI_Datatype kinds[4] = {MPI_CHAR, MPI_DOUBLE, MPI_INT, MPI_SHORT}, bare, type;
  MPI_Type_create_struct(4, lengths, places, kinds, &bare);
  MPI_Type_create_resized(bare, 0, sizeof(struct particle), &type);
  MPI_Type_free(&bare);
  MPI_Type_commit(&type);
  type_in_flight(type, 50, 50 * sizeof(struct particle));
  MPI_Type_free(&type);
  return live_end();
}
