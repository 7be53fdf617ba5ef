// SPDX-License-Identifier: Apache-2.0
// Locks of windows (MPI 4.1 §12.5.3) by atomic operations of the real MPI on two words a rank. The real MPI's own locks
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

constexpr MPI_Aint local_word = 0, all_word = 1;

/// An addition to one word of one rank.
struct Addition {
  int rank;
  MPI_Aint place;
  std::int64_t value;
  std::int64_t before;
};

/// Does all of them at once; they are complete when it returns. Returns a standard error class.
/// No compare-and-swap: that of Open MPI 4.1.4 on the own rank crashes.
template <std::size_t N>
int add(MPI_Win control, Addition (&additions)[N]) {
  int failure = MPI_SUCCESS;
  for (Addition& a : additions) {
    int code = PMPI_Fetch_and_op(&a.value, &a.before, MPI_INT64_T, a.rank, a.place, MPI_SUM, control);
    if (code != MPI_SUCCESS) failure = code;
  }
  int flushed = -1;
  for (const Addition& a : additions) {
    int code = a.rank == flushed ? MPI_SUCCESS : PMPI_Win_flush(a.rank, control);
    flushed = a.rank;
    if (code != MPI_SUCCESS) failure = code;
  }
  return failure == MPI_SUCCESS ? 0 : standard_error(failure);
}

enum class Attempt { held, taken_by_others, failed };

/// An attempt that failed to get all is taken back: whoever waits holds nothing.
template <std::size_t N>
Attempt keep_or_undo(MPI_Win control, Addition (&additions)[N], bool held, int* error) {
  if (held) return Attempt::held;
  for (Addition& a : additions) a.value = -a.value;
  *error = add(control, additions);
  return *error != 0 ? Attempt::failed : Attempt::taken_by_others;
}

Attempt try_shared(MPI_Win control, int rank, int* error) {
  Addition word[] = {{rank, local_word, 1, 0}};
  if ((*error = add(control, word)) != 0) return Attempt::failed;
  return keep_or_undo(control, word, word[0].before < exclusively_locked, error);
}

/// Against lock_all by a word of rank 0, against locks of the same target by the target's word.
Attempt try_exclusive(MPI_Win control, int rank, int* error) {
  Addition words[] = {{0, all_word, 1, 0}, {rank, local_word, exclusively_locked, 0}};
  if ((*error = add(control, words)) != 0) return Attempt::failed;
  return keep_or_undo(control, words, words[0].before < one_lock_all && words[1].before == 0, error);
}

Attempt try_all(MPI_Win control, int* error) {
  Addition word[] = {{0, all_word, one_lock_all, 0}};
  if ((*error = add(control, word)) != 0) return Attempt::failed;
  return keep_or_undo(control, word, word[0].before % one_lock_all == 0, error);
}

Attempt attempt(const WindowLockArguments& a, int* error) {
  MPI_Win control = native<MPI_Win>(a.control);
  switch (a.lock) {
    case WindowLock::shared: return try_shared(control, a.rank, error);
    case WindowLock::exclusive: return try_exclusive(control, a.rank, error);
    case WindowLock::all: return try_all(control, error);
  }
  return Attempt::failed;
}

int release(const WindowLockArguments& a) {
  MPI_Win control = native<MPI_Win>(a.control);
  Addition shared[] = {{a.rank, local_word, -1, 0}}, all[] = {{0, all_word, -one_lock_all, 0}};
  Addition exclusive[] = {{0, all_word, -1, 0}, {a.rank, local_word, -exclusively_locked, 0}};
  switch (a.lock) {
    case WindowLock::shared: return add(control, shared);
    case WindowLock::exclusive: return add(control, exclusive);
    case WindowLock::all: return add(control, all);
  }
  return mpi::ERR_LOCKTYPE;
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
  return release(*static_cast<const WindowLockArguments*>(arguments));
}
