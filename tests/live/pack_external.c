// SPDX-License-Identifier: Apache-2.0
// Shows: external32 bytes packed before the cut unpack after it, also under another MPI.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Aint size = 0, place = 0;
  int numbers[5] = {1, -2, 3, -4, 5 + live_rank}, back[5] = {0};
  double real = 1.5 + live_rank, real_back = 0;
  MPI_Pack_external_size("external32", 5, MPI_INT, &size);
  LIVE_CHECK(size == 20);
  unsigned char bytes[64];
  MPI_Pack_external("external32", numbers, 5, MPI_INT, bytes, sizeof bytes, &place);
  MPI_Pack_external("external32", &real, 1, MPI_DOUBLE, bytes, sizeof bytes, &place);
  LIVE_CHECK(place == 28 && bytes[3] == 1 && bytes[0] == 0);
  live_mix(bytes, (size_t)place);
  live_cut(0);
  place = 0;
  MPI_Unpack_external("external32", bytes, sizeof bytes, &place, back, 5, MPI_INT);
  MPI_Unpack_external("external32", bytes, sizeof bytes, &place, &real_back, 1, MPI_DOUBLE);
  LIVE_CHECK(memcmp(numbers, back, sizeof back) == 0 && real == real_back);
  live_mix(back, sizeof back);
  return live_end();
}
