// SPDX-License-Identifier: Apache-2.0
// Locks of windows (MPI 4.1 §12.5.3) by atomic operations of the real MPI on two words a rank. The real MPI's own locks
// would not do: a rank that waits in them for one that a checkpoint has stopped could not be stopped itself.
// Compiled against each real mpi.h.
#include <sched.h>

#include <initializer_list>

#include "common/gate.hpp"
#include "common/p2p_args.hpp"
#include "common/thread_record.hpp"
#include "common/window_args.hpp"
#include "lower_half/native.hpp"

namespace mana::lower {
namespace {

constexpr MPI_Aint local_word = 0, all_word = 1;

/// One word of one rank. Every operation is complete when it returns; the first failure is kept.
class Word {
 public:
  Word(const WindowLockArguments& a, int rank, MPI_Aint place) : win_(native<MPI_Win>(a.control)), rank_(rank), place_(place) {}

  std::int64_t add(std::int64_t value) {
    std::int64_t before = 0;
    note(PMPI_Fetch_and_op(&value, &before, MPI_INT64_T, rank_, place_, MPI_SUM, win_));
    note(PMPI_Win_flush(rank_, win_));
    return before;
  }
  int error() const { return error_; }

 private:
  void note(int code) {
    if (code != MPI_SUCCESS && error_ == 0) error_ = standard_error(code);
  }
  MPI_Win win_;
  int rank_;
  MPI_Aint place_;
  int error_ = 0;
};

enum class Attempt { held, taken_by_others, failed };

Attempt result(bool held, std::initializer_list<const Word*> words, int* error) {
  for (const Word* w : words)
    if (w->error() != 0) *error = w->error();
  return *error != 0 ? Attempt::failed : held ? Attempt::held : Attempt::taken_by_others;
}

Attempt try_shared(const WindowLockArguments& a, int* error) {
  Word local(a, a.rank, local_word);
  bool held = local.add(1) < exclusively_locked;
  if (!held) local.add(-1);
  return result(held, {&local}, error);
}

/// Against lock_all by a word of rank 0, against locks of the same target by the target's word. Neither is kept when the
/// other can't be had: whoever waits holds nothing. No compare-and-swap: that of Open MPI 4.1.4 on the own rank crashes.
Attempt try_exclusive(const WindowLockArguments& a, int* error) {
  Word all(a, 0, all_word), local(a, a.rank, local_word);
  bool open = all.add(1) < one_lock_all, held = open && local.add(exclusively_locked) == 0;
  if (open && !held) local.add(-exclusively_locked);
  if (!held) all.add(-1);
  return result(held, {&all, &local}, error);
}

Attempt try_all(const WindowLockArguments& a, int* error) {
  Word all(a, 0, all_word);
  bool held = all.add(one_lock_all) % one_lock_all == 0;
  if (!held) all.add(-one_lock_all);
  return result(held, {&all}, error);
}

Attempt attempt(const WindowLockArguments& a, int* error) {
  switch (a.lock) {
    case WindowLock::shared: return try_shared(a, error);
    case WindowLock::exclusive: return try_exclusive(a, error);
    case WindowLock::all: return try_all(a, error);
  }
  return Attempt::failed;
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

}  // namespace
}  // namespace mana::lower

using namespace mana;
using namespace mana::lower;

extern "C" std::int64_t lower_custom_window_acquire(void* arguments) {
  const auto& a = *static_cast<const WindowLockArguments*>(arguments);
  int error = 0;
  for (unsigned tries = 1;; ++tries) {
    if (gate().stop != 0) return not_yet;
    switch (attempt(a, &error)) {
      case Attempt::held: return 0;
      case Attempt::failed: return error;
      case Attempt::taken_by_others: back_off(tries, gate().upper->rank);
    }
  }
}

extern "C" std::int64_t lower_custom_window_release(void* arguments) {
  const auto& a = *static_cast<const WindowLockArguments*>(arguments);
  int error = 0;
  if (a.lock == WindowLock::all) {
    Word all(a, 0, all_word);
    all.add(-one_lock_all);
    result(true, {&all}, &error);
  } else {
    Word local(a, a.rank, local_word);
    local.add(a.lock == WindowLock::exclusive ? -exclusively_locked : -1);
    result(true, {&local}, &error);
    if (a.lock == WindowLock::exclusive) {
      Word all(a, 0, all_word);
      all.add(-1);
      result(true, {&all}, &error);
    }
  }
  return error;
}
