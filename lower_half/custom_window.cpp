// SPDX-License-Identifier: Apache-2.0
// Locks of windows (MPI 4.1 §12.5.3) by atomic operations of the real MPI on a few words a rank, one operation for a lock that nobody
// else wants on a window that nobody has ever locked as a whole. The real MPI's own locks
// would not do: a rank that waits in them for one that a checkpoint has stopped could not be stopped itself.
// Compiled against each real mpi.h.
#include <sched.h>

#include <cstddef>

#include "common/gate.hpp"
#include "common/p2p_args.hpp"
#include "common/thread_record.hpp"
#include "common/window_args.hpp"
#include "lower_half/native.hpp"

namespace mana::lower {
namespace {

/// An addition to one word of one rank; `before` is what the word was.
struct Addition {
  int rank;
  MPI_Aint place;
  std::int64_t value;
  std::int64_t before;
};

/// The window's words begin here.
MPI_Aint words_of(const WindowLockArguments& a) { return words_of_a_window * static_cast<MPI_Aint>(a.slot); }

Addition to_local(const WindowLockArguments& a, int rank, std::int64_t value) { return {rank, words_of(a), value, 0}; }
Addition to_all(const WindowLockArguments& a, std::int64_t value) { return {0, words_of(a) + 1, value, 0}; }
Addition to_pairs(const WindowLockArguments& a, std::int64_t value) { return {a.rank, words_of(a) + 2, value, 0}; }

/// Starts it. No compare-and-swap: that of Open MPI 4.1.4 on the own rank crashes.
int start(MPI_Win control, Addition& a) { return PMPI_Fetch_and_op(&a.value, &a.before, MPI_INT64_T, a.rank, a.place, MPI_SUM, control); }

/// Does it; it is complete when this returns. Returns a standard error class.
int add(MPI_Win control, Addition& a) {
  int code = start(control, a);
  if (code == MPI_SUCCESS) code = PMPI_Win_flush(a.rank, control);
  return code == MPI_SUCCESS ? 0 : standard_error(code);
}

/// Does both, on their way at the same time.
int add_both(MPI_Win control, Addition& a, Addition& b) {
  int code = start(control, a);
  if (code == MPI_SUCCESS) code = start(control, b);
  if (code == MPI_SUCCESS) code = PMPI_Win_flush(a.rank, control);
  if (code == MPI_SUCCESS && b.rank != a.rank) code = PMPI_Win_flush(b.rank, control);
  return code == MPI_SUCCESS ? 0 : standard_error(code);
}

enum class Attempt { held, taken_by_others, failed };

Attempt verdict(int error, bool held, int* out) {
  *out = error;
  return error != 0 ? Attempt::failed : held ? Attempt::held : Attempt::taken_by_others;
}

/// An attempt that failed is taken back: whoever waits holds nothing.
Attempt keep_or_undo(MPI_Win control, Addition& addition, bool held, int* error) {
  if (held) return Attempt::held;
  addition.value = -addition.value;
  return verdict(add(control, addition), false, error);
}

Attempt try_shared(MPI_Win control, const WindowLockArguments& a, int* error) {
  Addition word = to_local(a, a.rank, 1);
  if ((*error = add(control, word)) != 0) return Attempt::failed;
  return keep_or_undo(control, word, word.before % one_watcher < one_exclusive, error);
}

Attempt try_pairs(MPI_Win control, const WindowLockArguments& a, int* error) {
  Addition word = to_pairs(a, 1);
  if ((*error = add(control, word)) != 0) return Attempt::failed;
  return keep_or_undo(control, word, word.before == 0, error);
}

/// Somebody locks all ranks now and then, so the lock counts in a word of rank 0, too.
Attempt try_watched(MPI_Win control, const WindowLockArguments& a, int* error) {
  Addition word = to_local(a, a.rank, one_exclusive), watched = to_all(a, 1);
  if ((*error = add_both(control, word, watched)) != 0) return Attempt::failed;
  if (word.before % one_watcher == 0 && watched.before < one_lock_all) return Attempt::held;
  word.value = -word.value;
  watched.value = -watched.value;
  return verdict(add_both(control, word, watched), false, error);
}

/// Against locks of the same target by the target's word; where somebody locks all ranks, against that by a word of rank 0.
Attempt try_exclusive(MPI_Win control, WindowLockArguments& a, int* error) {
  if (a.lock == WindowLock::watched_exclusive) return try_watched(control, a, error);
  Addition word = to_local(a, a.rank, one_exclusive);
  if ((*error = add(control, word)) != 0) return Attempt::failed;
  bool mine = word.before % one_watcher == 0;
  if (!mine || word.before < one_watcher) return keep_or_undo(control, word, mine, error);
  Addition watched = to_all(a, 1);
  if ((*error = add(control, watched)) != 0) return Attempt::failed;
  a.lock = WindowLock::watched_exclusive;
  if (watched.before < one_lock_all) return Attempt::held;
  if (keep_or_undo(control, watched, false, error) == Attempt::failed) return Attempt::failed;
  return keep_or_undo(control, word, false, error);
}

/// Tells every rank that exclusive locks are watched from now on. True: no exclusive lock was there that isn't.
bool tell_everybody(MPI_Win control, const WindowLockArguments& a, int* error) {
  CallArray<Addition> words(a.ranks);
  int failure = MPI_SUCCESS;
  for (int rank = 0; rank < a.ranks; ++rank) {
    words[rank] = to_local(a, rank, one_watcher);
    if (int code = start(control, words[rank]); code != MPI_SUCCESS) failure = code;
  }
  if (int code = PMPI_Win_flush_all(control); code != MPI_SUCCESS) failure = code;
  bool none = true;
  for (int rank = 0; rank < a.ranks; ++rank) none = none && words[rank].before % one_watcher < one_exclusive;
  *error = failure == MPI_SUCCESS ? 0 : standard_error(failure);
  return none;
}

Attempt try_all(MPI_Win control, const WindowLockArguments& a, int* error) {
  Addition word = to_all(a, one_lock_all);
  if ((*error = add(control, word)) != 0) return Attempt::failed;
  return keep_or_undo(control, word, word.before % one_lock_all == 0, error);
}

/// Nobody holds an exclusive lock of this rank at the moment.
Attempt see_unlocked(MPI_Win control, const WindowLockArguments& a, int rank, int* error) {
  Addition word = to_local(a, rank, 0);
  return verdict(add(control, word), word.before % one_watcher < one_exclusive, error);
}

/// Makes room for the holder: longer from try to try, other for each rank.
void back_off(unsigned tries, int rank) {
  unsigned turns = (tries < 16 ? tries : 16) + static_cast<unsigned>(rank) % 3;
  for (unsigned i = 0; i < turns; ++i) {
    int flag = 0;
    PMPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
    sched_yield();
  }
}

/// Tries until it is done, fails, or the job stops. Returns `not_yet` or an error class.
template <class Try>
std::int64_t keep_trying(Try attempt) {
  int error = 0;
  for (unsigned tries = 1;; ++tries) {
    if (gate().stop != 0) return not_yet;
    switch (attempt(&error)) {
      case Attempt::held: return 0;
      case Attempt::failed: return error;
      case Attempt::taken_by_others: back_off(tries, gate().upper->rank);
    }
  }
}

/// Exclusive locks that are not watched are over once each rank has been seen without one.
std::int64_t watch_locks(MPI_Win control, WindowLockArguments& a) {
  if (a.watch == Watch::none) {
    int error = 0;
    a.watch = tell_everybody(control, a, &error) ? Watch::clean : Watch::told;
    if (error != 0) return error;
  }
  for (int rank = 0; a.watch == Watch::told && rank < a.ranks; ++rank)
    if (std::int64_t error = keep_trying([&](int* e) { return see_unlocked(control, a, rank, e); }); error != 0) return error;
  a.watch = Watch::clean;
  return 0;
}

std::int64_t lock_all(MPI_Win control, WindowLockArguments& a) {
  if (std::int64_t error = watch_locks(control, a); error != 0) return error;
  return keep_trying([&](int* error) { return try_all(control, a, error); });
}

/// Starts to give back one unit of a word. Operations on one word come in order (MPI 4.1 §12.7.2), so the next attempt of this rank finds
/// it given back; other ranks do so whenever it gets there. `unit` stands still.
int take_back(MPI_Win control, const Addition& a, const std::int64_t& unit) {
  int code = PMPI_Accumulate(&unit, 1, MPI_INT64_T, a.rank, a.place, 1, MPI_INT64_T, MPI_SUM, control);
  return code == MPI_SUCCESS ? 0 : standard_error(code);
}

}  // namespace
}  // namespace mana::lower

using namespace mana;
using namespace mana::lower;

extern "C" std::int64_t lower_custom_window_acquire(void* arguments) {
  auto& a = *static_cast<WindowLockArguments*>(arguments);
  MPI_Win control = native<MPI_Win>(a.control);
  if (a.lock == WindowLock::all) return lock_all(control, a);
  if (a.lock == WindowLock::pairs) return keep_trying([&](int* error) { return try_pairs(control, a, error); });
  bool shared = a.lock == WindowLock::shared;
  return keep_trying([&](int* error) { return shared ? try_shared(control, a, error) : try_exclusive(control, a, error); });
}

extern "C" std::int64_t lower_custom_window_release(void* arguments) {
  const auto& a = *static_cast<const WindowLockArguments*>(arguments);
  MPI_Win control = native<MPI_Win>(a.control);
  static const std::int64_t minus_one = -1, minus_lock_all = -one_lock_all, minus_exclusive = -one_exclusive;
  if (a.lock == WindowLock::shared) return take_back(control, to_local(a, a.rank, 0), minus_one);
  if (a.lock == WindowLock::all) return take_back(control, to_all(a, 0), minus_lock_all);
  if (a.lock == WindowLock::pairs) return take_back(control, to_pairs(a, 0), minus_one);
  if (a.lock == WindowLock::watched_exclusive)
    if (int error = take_back(control, to_all(a, 0), minus_one); error != 0) return error;
  return take_back(control, to_local(a, a.rank, 0), minus_exclusive);
}
