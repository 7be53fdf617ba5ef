// SPDX-License-Identifier: Apache-2.0
// Shows: nothing: the harness must see that this result differs after a restart.
// live: ranks=2 cuts=all should-fail
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  live_cut(0);
  live_mix_int(getenv("LIVE_CUT_DIR") != NULL);
  return live_end();
}
