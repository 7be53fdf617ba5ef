// SPDX-License-Identifier: Apache-2.0
// Shows: envelope and contents tell how a type was made, after a restart too.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int lengths[2] = {2, 1}, integers = 0, addresses = 0, types = 0, kind = 0, i[8];
  MPI_Aint places[2] = {8, 32}, a[8];
  MPI_Datatype vector, type, found[4];
  MPI_Type_vector(3, 2, 5, MPI_SHORT, &vector);
  MPI_Datatype kinds[2] = {MPI_DOUBLE, vector};
  MPI_Type_create_struct(2, lengths, places, kinds, &type);
  live_cut(0);
  MPI_Type_get_envelope(type, &integers, &addresses, &types, &kind);
  LIVE_CHECK(kind == MPI_COMBINER_STRUCT && integers == 3 && addresses == 2 && types == 2);
  MPI_Type_get_contents(type, integers, addresses, types, i, a, found);
  LIVE_CHECK(i[0] == 2 && i[1] == 2 && i[2] == 1 && a[0] == 8 && a[1] == 32 && found[0] == MPI_DOUBLE);
  MPI_Datatype inner = found[1];
  MPI_Type_get_envelope(inner, &integers, &addresses, &types, &kind);
  LIVE_CHECK(kind == MPI_COMBINER_VECTOR && integers == 3 && addresses == 0 && types == 1);
  MPI_Type_get_contents(inner, integers, addresses, types, i, a, found);
  LIVE_CHECK(i[0] == 3 && i[1] == 2 && i[2] == 5 && found[0] == MPI_SHORT);
  MPI_Type_free(&inner);
  MPI_Type_get_envelope(MPI_INT, &integers, &addresses, &types, &kind);
  LIVE_CHECK(kind == MPI_COMBINER_NAMED);
  int size = 0;
  MPI_Type_size(vector, &size);
  LIVE_CHECK(size == 12);
  MPI_Type_free(&vector);
  MPI_Type_free(&type);
  return live_end();
}
