// SPDX-License-Identifier: Apache-2.0
// Shows: a cut 2000 calls and 2 MB down the stack; setjmp from before it still returns.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <setjmp.h>

static jmp_buf top;

static long down(int depth) {
  volatile char frame[1000];
  frame[depth % 1000] = (char)depth;
  if (depth == 0) live_cut(0);
  long below = depth ? down(depth - 1) : 0;
  LIVE_CHECK(frame[depth % 1000] == (char)depth);
  return below + frame[depth % 1000];
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  volatile long sum = 0;
  if (setjmp(top) == 0) {
    sum = down(2000);
    longjmp(top, 1);
  }
  live_mix_int(sum);
  return live_end();
}
