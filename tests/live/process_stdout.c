// SPDX-License-Identifier: Apache-2.0
// Shows: output before the cut, output buffered at the cut and output after it appear once each.
// live: ranks=2 cuts=all
#include "lib/live.h"

static char room[4096];

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  setvbuf(stdout, room, _IOFBF, sizeof room);  // MPICH leaves it unbuffered
  printf("OUT %d before the cut\n", live_rank);
  fflush(stdout);
  printf("OUT %d buffered", live_rank);
  live_cut(0);
  printf(" at the cut\n");
  printf("OUT %d after the cut\n", live_rank);
  fflush(stdout);
  return live_end();
}
