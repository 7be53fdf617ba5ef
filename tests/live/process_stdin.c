// SPDX-License-Identifier: Apache-2.0
// Shows: input that stdio has read and the program has not is read on after a restart.
// live: ranks=2 cuts=all stdin=20
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  char line[100];
  if (live_rank == 0)
    for (int i = 0; i < 8; i++) {
      LIVE_CHECK(fgets(line, sizeof line, stdin));
      live_mix(line, strlen(line));
    }
  live_cut(0);
  int lines = 0;
  while (live_rank == 0 && fgets(line, sizeof line, stdin)) {
    live_mix(line, strlen(line));
    lines++;
  }
  LIVE_CHECK(lines == (live_rank == 0 ? 12 : 0));
  return live_end();
}
