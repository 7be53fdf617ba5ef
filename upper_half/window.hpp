// SPDX-License-Identifier: Apache-2.0
// Windows of one-sided communication (MPI 4.1 §12).
//
// The memory of a window always belongs to the upper half. A window has a real window over the program's memory, and three words
// of ours a rank (WindowWords) in another one, which it shares with other windows of the same communicator (WindowFamily). Both
// stay in a lock_all epoch of the real MPI (MPI_MODE_NOCHECK: nothing is acquired) from creation to the end. So every operation can be issued and flushed at any moment, and the real MPI never
// blocks for what another rank has still to do. The program's epochs are ours:
//   fence          flush, then a counted barrier on the family's own communicator
//   post, start …  empty messages on that communicator, drained and received like any other message
//   locks          atomic operations on WindowWords, tried again until they succeed or a checkpoint stops the job
// At a cut the drain flushes what has been issued; locks, posts and fences are upper-half memory and messages, hence in the
// image as they stand. A restart makes the real windows again, and nothing else.
#pragma once

#include "common/mpi_constants.hpp"
#include "common/window_args.hpp"
#include "upper_half/attribute.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/objects.hpp"
#include "upper_half/text.hpp"
#include "upper_half/thread.hpp"
#include "upper_half/window_memory.hpp"

namespace mana::upper {

struct Errhandler;
struct Info;
struct Request;

/// What this rank holds of another rank's lock. `unchecked`: given with MPI_MODE_NOCHECK, so nothing was acquired.
enum class Lock : std::uint8_t { none, shared, exclusive, watched_exclusive, unchecked };

struct AttachedMemory {
  void* base;
  std::int64_t bytes;
};

/// Where a rank's memory begins in a real window of bytes, and its unit of displacement.
struct Place {
  std::int64_t shift, unit;
};

/// What windows made on one communicator share, for real windows and communicators are few in some MPIs. Making and freeing windows is
/// collective, so all members have the same windows in the same slots. Under MPI_THREAD_MULTIPLE nothing is shared: threads
/// may be in fences of different windows at the same time.
struct WindowFamily {
  static constexpr int capacity = 64;
  WindowWords words[capacity]{};  ///< at a multiple of 16, see find_places()
  Comm* parent = nullptr;         ///< referenced
  Comm* comm = nullptr;           ///< referenced; of our own, with the parent's members
  Real<Class::win> control;       ///< over `words`; none for a single rank
  Win* members[capacity]{};
  int count = 0;
  /// Releases of locks that have been started and not waited for; counted as those of a window.
  volatile std::uint64_t issued = 0, completed = 0;
};

struct Win : Object {
  Real<Class::win> real;  ///< over the program's memory
  WindowFamily* family = nullptr;
  int slot = 0;          ///< in the family
  Comm* comm = nullptr;  ///< the family's
  int flavor = 0;        ///< mpi::WIN_FLAVOR_*

  // Values of the predefined attributes: C gets pointers to them.
  void* base = nullptr;
  std::int64_t size = 0;
  int disp_unit = 1;
  Vector<Place> places;  ///< of every rank, if the present real window begins elsewhere than the memory, else empty
  int app_flavor = 0, app_model = 0;

  PrivateMemory own_memory;         ///< of MPI_Win_allocate
  bool allocated_there = false;     ///< the present real window has allocated its pages
  bool one_host = false;            ///< of all ranks, if `allocated_there`
  SharedMemory* shared = nullptr;   ///< of MPI_Win_allocate_shared
  Vector<AttachedMemory> attached;  ///< of a dynamic window

  /// Operations that have been issued, and how many of them a flush of the whole window has completed. Each is counted as a
  /// message to oneself, so that the drain waits for the flush.
  volatile std::uint64_t issued = 0, completed = 0;

  bool fence_open = false, fence_used = false;  ///< a fence epoch has begun; operations have been issued in it
  bool started = false, posted = false;         ///< between start and complete; between post and wait
  bool locked_all = false, locked_all_unchecked = false;
  Vector<int> targets;           ///< of the access epoch, ascending
  Vector<Request*> completions;  ///< of the exposure epoch: one receive for each origin
  Vector<Lock> locks;            ///< one for each rank once a lock has been taken, else empty
  int locks_held = 0;
  Watch watch = Watch::none;  ///< for MPI_Win_lock_all
  bool watched = false;       ///< an exclusive lock has been had as a watched one

  Errhandler* errhandler = nullptr;
  Info* info = nullptr;
  Attributes attributes;
  Text name;

  /// A window of a single rank has no real windows, see window_self.hpp.
  bool is_alone() const { return comm->size == 1; }
  bool in_passive_epoch() const { return locked_all || locks_held != 0; }
};

/// A window that calls may be made on: not invalid, not MPI_WIN_NULL.
[[gnu::always_inline]] inline bool usable(const Win* win) { return win != nullptr && win->comm != nullptr; }

/// The displacement for the real window.
[[gnu::always_inline]] inline std::int64_t place_in(const Win& win, int target, std::int64_t disp) {
  if (__builtin_expect(win.places.empty(), 1) || target < 0) return disp;
  const Place& place = win.places[static_cast<std::size_t>(target)];
  return place.shift + disp * place.unit;
}

/// MPI_WIN_NULL.
extern Win* const win_null;

/// One more of a window's or a family's. It counts when it has been started, so that a flush by the drain can't come before it.
[[gnu::always_inline]] inline void count_issued(volatile std::uint64_t& issued) {
  if (interface().thread_level == mpi::THREAD_MULTIPLE)
    __atomic_fetch_add(&issued, 1, __ATOMIC_RELEASE);
  else
    issued = issued + 1;
}

/// Flushes a real window and counts what had been issued on it before as completed, that is as messages received. Returns an error class.
int flush_issued(std::uint64_t real, const volatile std::uint64_t& issued, volatile std::uint64_t& completed);
/// Completes all operations issued on the window so far, at their targets, too. Returns an error class.
int complete_operations(Win& win);
/// For the drain: completes the operations of every window; true if there were any.
bool complete_windows();

/// Waits for a lock of `rank`; an exclusive one may come as a watched one. Call in a WrapperScope of ThreadPlace::waiting. Returns an
/// error class.
int acquire_lock(Win& win, WindowLock* lock, int rank);
/// Starts to give it back.
int give_back_lock(Win& win, WindowLock lock, int rank);

/// Puts the window into a family of `parent`, perhaps a new one. Collective over it, inside its CollectiveScope.
int join_family(Win* win, Comm* parent);
/// Takes it out; the last one ends the family. Collective, too.
int leave_family(Win* win);
/// Makes the real window over the words again. Collective over the family's communicator.
int make_control(WindowFamily& family);
/// Completes the releases of locks started so far. Returns an error class.
int complete_releases(WindowFamily& family);
/// For the drain: of all families; true if there were any. Call with the RequestLock held.
bool complete_all_releases();
/// All families, in ascending order of the id that the members agree on.
Vector<WindowFamily*> window_families();
/// From now on every operation is allowed on this real window; and it ends.
int open_for_ever(std::uint64_t real);
int close_real(std::uint64_t* real);
/// After a restart, when all communicators have been remade: shares shared memory again and remakes the real windows.
void rebuild_windows();

}  // namespace mana::upper
