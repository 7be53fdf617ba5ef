// SPDX-License-Identifier: Apache-2.0
// Locks of windows across the door: the words that they consist of, and the arguments of the hand-written entries in
// lower_half/custom_window.cpp.
#pragma once

#include <cstdint>

namespace mana {

/// What a rank offers to the others for the locks of one window; upper-half memory, in the image like everything.
struct WindowWords {
  std::int64_t local;  ///< shared locks of this rank, plus one of the units below for each of what they say
  std::int64_t all;    ///< of rank 0 for the whole window: lock_alls times `one_lock_all`, plus watched exclusive locks
  std::int64_t pairs;  ///< who holds or tries the lock of this rank's pairs with gaps (upper_half/window_pairs.hpp)
};
inline constexpr int words_of_a_window = 3;
static_assert(sizeof(WindowWords) == words_of_a_window * sizeof(std::int64_t));

/// Added to `local` by each rank that holds or tries an exclusive lock of this rank.
inline constexpr std::int64_t one_exclusive = std::int64_t{1} << 20;
/// Added to `local` of every rank, once, by each rank that is about to lock all of them for the first time. Exclusive locks taken from
/// then on are watched: they count in `all`, too. Before, one addition makes an exclusive lock.
inline constexpr std::int64_t one_watcher = std::int64_t{1} << 40;
inline constexpr std::int64_t one_lock_all = std::int64_t{1} << 32;

enum class WindowLock : std::uint32_t { shared, exclusive, watched_exclusive, all, pairs };
/// How far this rank is with MPI_Win_lock_all: nobody knows of it; all exclusive locks taken from now on are watched; there are no others any more.
enum class Watch : std::uint32_t { none, told, clean };

/// window_acquire: tries until it has the lock or the job stops (then `not_yet`, and nothing is held). window_release: starts what gives it
/// back; a flush of the control window ends it.
struct WindowLockArguments {
  std::uint64_t control;  ///< real window over an array of WindowWords, in a lock_all epoch
  std::int32_t slot;      ///< whose words these are
  std::int32_t rank;
  std::int32_t ranks;  ///< of the window
  WindowLock lock;     ///< an exclusive one may be had as a watched one: out; in: it is expected to be
  Watch watch;         ///< in and out, for WindowLock::all
};

}  // namespace mana
