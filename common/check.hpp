// SPDX-License-Identifier: Apache-2.0
// CHECK: a condition that only a bug of ours can make false. Always on; prints rank, half, phase and errno and aborts.
// For lower-half code and commands; upper-half code ends a rank through Gate::fatal.
#pragma once

#include <atomic>

#include "common/phases.hpp"

namespace mana {

/// Who speaks in a failed CHECK or a log line. Set once the rank is known, and by whoever changes the phase.
struct Speaker {
  std::atomic<int> rank{-1};  ///< -1: not known yet, or a command
  std::atomic<const char*> half{"lower half"};
  std::atomic<Phase> phase{Phase::starting};
};
Speaker& speaker();

/// One line on stderr, "mana: rank 3: …" (without "rank 3: " while the rank is unknown), written by one write(2).
[[gnu::format(printf, 1, 2)]] void log_line(const char* format, ...);

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace mana

#define CHECK(condition)                                    \
  do {                                                      \
    if (!(condition)) [[unlikely]]                          \
      ::mana::check_failed(#condition, __FILE__, __LINE__); \
  } while (0)
