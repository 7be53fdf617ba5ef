// SPDX-License-Identifier: Apache-2.0
// Shows: a program linked at a fixed address (-no-pie) comes back at that address.
// live: ranks=2 cuts=all
#include "lib/live.h"

static int initialised = 17;
static int zeroed[1000];
static int* const pointers[2] = {&initialised, zeroed};

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  LIVE_CHECK((uintptr_t)&initialised < 0x10000000);
  *pointers[0] += live_rank;
  pointers[1][999] = 5;
  char* heap = (char*)malloc(100000);
  live_fill(heap, 100000, 1);
  live_cut(0);
  LIVE_CHECK(initialised == 17 + live_rank && zeroed[999] == 5 && live_has_fill(heap, 100000, 1));
  int sum = 0;
  MPI_Allreduce(&initialised, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  live_mix_int(sum);
  free(heap);
  return live_end();
}
