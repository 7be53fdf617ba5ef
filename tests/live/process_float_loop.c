// SPDX-License-Identifier: Apache-2.0
// Shows: a pure compute loop interrupted in its middle gives the same bits.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  const char* directory = getenv("LIVE_CUT_DIR");
  double x = 0.1 + live_rank, y = 0.7, z = 0;
  for (long i = 0; i < 200000000; i++) {  // a logistic map: any lost bit grows
    x = 3.99 * (x > 1 ? x - (long)x : x) * (1 - (x > 1 ? x - (long)x : x));
    y = y * 0.999999 + x * 1e-3;
    if (i == 10000 && directory) {  // the request comes while this loop runs on, with no call to stop at
      char at[4096];
      snprintf(at, sizeof at, "%s/at.0.%d", directory, live_rank);
      close(open(at, O_CREAT | O_WRONLY, 0644));
    }
    z += y;
  }
  live_cut(0);
  live_mix(&x, sizeof x);
  live_mix(&y, sizeof y);
  live_mix(&z, sizeof z);
  return live_end();
}
