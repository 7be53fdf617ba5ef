// SPDX-License-Identifier: Apache-2.0
// Locks of windows across the door: the words that they consist of, and the arguments of the hand-written entries in
// lower_half/custom_window.cpp.
#pragma once

#include <cstdint>

namespace mana {

/// What a rank offers to the others in a window's control window; upper-half memory, in the image like everything.
struct WindowWords {
  std::int64_t local;  ///< shared locks of this rank, plus `exclusively_locked` for each that holds or tries an exclusive one
  std::int64_t all;    ///< of rank 0 for the whole window: lock_alls times `one_lock_all`, plus exclusive locks
};
inline constexpr std::int64_t exclusively_locked = std::int64_t{1} << 40;
inline constexpr std::int64_t one_lock_all = std::int64_t{1} << 32;

enum class WindowLock : std::uint32_t { shared, exclusive, all };

/// window_acquire: tries until it has the lock or the job stops (then `not_yet`, and nothing is held). window_release.
struct WindowLockArguments {
  std::uint64_t control;  ///< real window over WindowWords, in a lock_all epoch
  std::int32_t rank;
  WindowLock lock;
};

}  // namespace mana
