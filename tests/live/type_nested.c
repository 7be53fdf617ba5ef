// SPDX-License-Identifier: Apache-2.0
// Shows: four levels of types built on each other, the lower ones freed, in flight and posted.
// live: ranks=2 cuts=all
#include "lib/type_in_flight.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Datatype pair, row, block, type;
  MPI_Type_contiguous(2, MPI_FLOAT, &pair);
  MPI_Type_vector(3, 1, 2, pair, &row);
  int lengths[2] = {1, 2}, ones[2] = {1, 2};
  MPI_Aint places[2] = {0, 64};
  MPI_Type_create_hindexed(2, lengths, places, row, &block);
  MPI_Datatype kinds[2] = {block, MPI_INT};
  MPI_Aint offsets[2] = {0, 400};
  MPI_Type_create_struct(2, ones, offsets, kinds, &type);
  MPI_Type_commit(&type);
  MPI_Type_free(&pair);
  MPI_Type_free(&row);
  MPI_Type_free(&block);
  type_in_flight(type, 1, 600);
  MPI_Type_free(&type);
  return live_end();
}
