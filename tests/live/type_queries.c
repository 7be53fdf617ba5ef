// SPDX-License-Identifier: Apache-2.0
// Shows: size, extent and true extent of types made before the cut.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int lengths[2] = {1, 3}, size = 0;
  MPI_Aint places[2] = {-8, 40}, low = 0, extent = 0;
  MPI_Datatype vector, type, resized;
  MPI_Type_vector(3, 2, 4, MPI_DOUBLE, &vector);
  MPI_Type_create_hindexed(2, lengths, places, MPI_INT, &type);
  MPI_Type_create_resized(type, -16, 100, &resized);
  live_cut(0);
  MPI_Type_size(vector, &size);
  MPI_Type_get_extent(vector, &low, &extent);
  LIVE_CHECK(size == 48 && low == 0 && extent == 80);
  MPI_Type_size(type, &size);
  MPI_Type_get_extent(type, &low, &extent);
  LIVE_CHECK(size == 16 && low == -8 && extent == 60);
  MPI_Type_get_extent(resized, &low, &extent);
  LIVE_CHECK(low == -16 && extent == 100);
  MPI_Type_get_true_extent(resized, &low, &extent);
  LIVE_CHECK(low == -8 && extent == 60);
  MPI_Count low_x = 0, extent_x = 0, size_x = 0;
  MPI_Type_size_x(vector, &size_x);
  MPI_Type_get_extent_x(resized, &low_x, &extent_x);
  LIVE_CHECK(size_x == 48 && low_x == -16 && extent_x == 100);
  MPI_Type_get_true_extent_x(resized, &low_x, &extent_x);
  LIVE_CHECK(low_x == -8 && extent_x == 60);
  MPI_Type_free(&vector);
  MPI_Type_free(&type);
  MPI_Type_free(&resized);
  return live_end();
}
