// SPDX-License-Identifier: Apache-2.0
// What keeps point-to-point calls off their fast path (fast_path.hpp): one word, read by every call.
#pragma once

#include <cstdint>

namespace mana::upper {

namespace caution {
inline constexpr std::uint32_t threads_multiple = 1;  ///< MPI_THREAD_MULTIPLE
inline constexpr std::uint32_t drained = 2;           ///< there are drained messages
inline constexpr std::uint32_t logged = 4;            ///< sends are written down (synchronous.hpp)
inline constexpr std::uint32_t foreign = 8;           ///< there is, or was, a communicator with processes of another job
}  // namespace caution

extern volatile std::uint32_t caution_word;

/// Read inside a WrapperScope: a checkpoint in between could change it.
[[gnu::always_inline]] inline bool no_caution() { return __builtin_expect(caution_word == 0, 1); }
inline void set_caution(std::uint32_t bit, bool on = true) {
  if (on)
    __atomic_fetch_or(&caution_word, bit, __ATOMIC_RELAXED);
  else
    __atomic_fetch_and(&caution_word, ~bit, __ATOMIC_RELAXED);
}

}  // namespace mana::upper
