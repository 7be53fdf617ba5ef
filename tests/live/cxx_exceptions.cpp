// SPDX-License-Identifier: Apache-2.0
// Shows: exceptions thrown before, across and after the cut find their handlers.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <memory>
#include <stdexcept>
#include <string>

struct Guard {
  int* count;
  explicit Guard(int* c) : count(c) {}
  ~Guard() { ++*count; }
};

static void deep(int level, int* unwound, bool cut) {
  Guard guard(unwound);
  if (level > 0) return deep(level - 1, unwound, cut);
  if (cut) live_cut(0);
  throw std::runtime_error("from the depth " + std::to_string(*unwound));
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int unwound = 0;
  for (int turn = 0; turn < 3; turn++) try {
      deep(50, &unwound, turn == 1);
    } catch (const std::exception& e) { live_mix(e.what(), strlen(e.what())); }
  LIVE_CHECK(unwound == 153);
  try {
    try {
      throw 5;
    } catch (int value) {
      MPI_Barrier(MPI_COMM_WORLD);
      throw;
    }
  } catch (int value) { live_mix_int(value); }
  return live_end();
}
