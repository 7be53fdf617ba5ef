// SPDX-License-Identifier: Apache-2.0
// Shows: MPI_Wtime goes on, never back, across a checkpoint and a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 1);
  double before = MPI_Wtime(), tick = MPI_Wtick();
  LIVE_CHECK(tick > 0 && tick < 1);
  live_cut(0);
  double after = MPI_Wtime();
  LIVE_CHECK(after >= before && after - before < 3600);
  for (int i = 0; i < 1000; i++) {
    double now = MPI_Wtime();
    LIVE_CHECK(now >= after);
    after = now;
  }
  return live_end();
}
