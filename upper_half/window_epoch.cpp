// SPDX-License-Identifier: Apache-2.0
// Synchronisation on windows, MPI 4.1 §12.5. No epoch of the real MPI begins or ends here (see window.hpp), so whatever waits
// for another rank waits in a loop that a checkpoint can leave.
#include <algorithm>

#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/collectives.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/request.hpp"
#include "upper_half/window.hpp"

namespace mana::upper {
namespace {

/// Of messages on the family's communicator.
int post_tag(const Win& win) { return 2 * win.slot + 1; }
int complete_tag(const Win& win) { return 2 * win.slot + 2; }

/// For whoever asks where a waiting rank is.
class NamedCall {
 public:
  NamedCall(const char* call, const Win& win) {
    this_thread().call = call;
    this_thread().call_communicator = win.comm->counter.id;
  }
  ~NamedCall() { this_thread().call = nullptr; }
  NamedCall(const NamedCall&) = delete;
};

Datatype* byte_type() { return predefined_datatype(mpi::BYTE); }

/// An empty message to another rank of the window, without waiting for it.
int notify(const Win& win, int rank, int tag) {
  Request* request = nullptr;
  if (int error = api::isend(nullptr, 0, byte_type(), rank, tag, win.comm, &request); error != 0) return error;
  return api::request_free(&request);
}

/// The window's ranks of a group's members.
int ranks_in(const Win& win, const Group* group, Vector<int>* ranks) {
  if (!usable(group)) return mpi::ERR_GROUP;
  for (int world_rank : group->world_ranks) {
    int rank = position_in(*win.comm->group, world_rank);
    if (rank == mpi::UNDEFINED) return mpi::ERR_GROUP;
    ranks->push_back(rank);
  }
  return 0;
}

Lock as_held(WindowLock lock) { return lock == WindowLock::shared ? Lock::shared : lock == WindowLock::exclusive ? Lock::exclusive : Lock::watched_exclusive; }

WindowLock as_acquired(Lock lock) {
  return lock == Lock::shared ? WindowLock::shared : lock == Lock::exclusive ? WindowLock::exclusive : WindowLock::watched_exclusive;
}

/// Threads of the program may lock different ranks at the same time.
void note_lock(Win& win, int rank, Lock lock) {
  RequestLock guard;
  if (win.locks.empty()) win.locks.resize(win.comm->size, Lock::none);
  win.locks[rank] = lock;
  win.fence_open = false;
  __atomic_fetch_add(&win.locks_held, 1, __ATOMIC_RELEASE);  // whoever sees it finds the list
}

Lock forget_lock(Win& win, int rank) {
  RequestLock guard;
  Lock held = win.locks[rank];
  win.locks[rank] = Lock::none;
  __atomic_fetch_sub(&win.locks_held, 1, __ATOMIC_RELEASE);
  return held;
}

/// A passive or start epoch may begin: no other access epoch is open. A fence that nothing came after opened none.
bool may_begin_access(const Win& win) { return !win.started && !win.locked_all && !win.fence_used; }

bool holds_lock(const Win& win, int rank) { return win.locked_all || (win.locks_held != 0 && win.locks[rank] != Lock::none); }

int check_rank(const Win* win, int rank) {
  if (!usable(win)) return mpi::ERR_WIN;
  return rank >= 0 && rank < win->comm->size ? 0 : mpi::ERR_RANK;
}

int check_flush(const Win* win, int rank) {
  if (int error = check_rank(win, rank)) return error;
  return holds_lock(*win, rank) ? 0 : mpi::ERR_RMA_SYNC;
}

/// A flush of the real window, or none for a window of a single rank, on which everything is done at once.
template <class Flush>
int flush(Win& win, Flush real_flush) {
  if (win.is_alone()) return 0;
  WrapperScope scope;
  post_deferred();
  return real_flush(win.real.bits);
}

int check_flush_all(const Win* win) {
  if (!usable(win)) return mpi::ERR_WIN;
  return win->in_passive_epoch() ? 0 : mpi::ERR_RMA_SYNC;
}

}  // namespace

int acquire_lock(Win& win, WindowLock* lock, int rank) {
  if (win.is_alone()) return 0;
  for (;;) {
    post_deferred();
    WindowLockArguments a{win.family->control.bits, win.slot, rank, win.comm->size, *lock, win.watch};
    std::int64_t error = cross(&a, LowerEntry::custom_window_acquire);
    win.watch = a.watch;
    *lock = a.lock;
    if (error != not_yet) return static_cast<int>(error);
    checkpoint_line();
  }
}

int give_back_lock(Win& win, WindowLock lock, int rank) {
  if (win.is_alone()) return 0;
  WindowLockArguments a{win.family->control.bits, win.slot, rank, win.comm->size, lock, win.watch};
  count_operation();
  auto error = static_cast<int>(cross(&a, LowerEntry::custom_window_release));
  if (error == 0)
    count_issued(win.family->issued);
  else
    count_operation(-1);
  return error;
}

int flush_issued(std::uint64_t real, const volatile std::uint64_t& issued, volatile std::uint64_t& completed) {
  const std::uint64_t before_flush = issued;
  if (before_flush == completed) return 0;
  int error = lower_call::win_flush_all(real);
  std::uint64_t known = __atomic_exchange_n(&completed, before_flush, __ATOMIC_ACQ_REL);
  __atomic_fetch_add(&interface().received, before_flush - known, __ATOMIC_RELAXED);
  return error;
}

int complete_operations(Win& win) { return flush_issued(win.real.bits, win.issued, win.completed); }

bool complete_windows() {
  RequestLock lock;  // another thread may be about to free a window
  bool moved = complete_all_releases();
  win_slots.each([&](Object* object) {
    auto& win = *static_cast<Win*>(object);
    if (win.issued == win.completed) return;
    complete_operations(win);
    moved = true;
  });
  return moved;
}

}  // namespace mana::upper

namespace mana::api {

/// All operations of all ranks are flushed before the barrier, so they are complete everywhere after it.
int win_fence(int assert, Win* win) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (win->in_passive_epoch() || win->started || win->posted) return mpi::ERR_RMA_SYNC;
  WrapperScope scope;
  post_deferred();
  if (int error = complete_operations(*win)) return error;
  {
    CollectiveScope collective(win->comm, "MPI_Win_fence");
    if (int error = lower_call::barrier(win->comm->real.bits)) return error;
  }
  win->fence_open = (assert& mpi::MODE_NOSUCCEED) == 0;
  win->fence_used = false;
  return 0;
}

/// Waits for every target's post (MPI 4.1 §12.5.2 allows it); so MPI_MODE_NOCHECK says nothing new.
int win_start(Group* group, int, Win* win) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (!may_begin_access(*win) || win->locks_held != 0) return mpi::ERR_RMA_SYNC;
  WrapperScope scope;
  Vector<int> targets;
  if (int error = ranks_in(*win, group, &targets)) return error;
  NamedCall named("MPI_Win_start", *win);
  for (int target : targets)
    if (int error = recv(nullptr, 0, byte_type(), target, post_tag(*win), win->comm, nullptr)) return error;
  std::sort(targets.begin(), targets.end());
  win->targets.swap(targets);
  win->started = true;
  win->fence_open = false;
  return 0;
}

int win_complete(Win* win) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (!win->started) return mpi::ERR_RMA_SYNC;
  WrapperScope scope;
  post_deferred();
  if (int error = complete_operations(*win)) return error;
  for (int target : win->targets)
    if (int error = notify(*win, target, complete_tag(*win))) return error;
  win->targets.clear();
  win->started = false;
  return 0;
}

int win_post(Group* group, int, Win* win) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (win->posted || win->fence_used) return mpi::ERR_RMA_SYNC;
  WrapperScope scope;
  Vector<int> origins;
  if (int error = ranks_in(*win, group, &origins)) return error;
  for (int origin : origins) {
    Request* request = nullptr;
    if (int error = irecv(nullptr, 0, byte_type(), origin, complete_tag(*win), win->comm, &request)) return error;
    win->completions.push_back(request);
  }
  for (int origin : origins)
    if (int error = notify(*win, origin, post_tag(*win))) return error;
  win->posted = true;
  win->fence_open = false;
  return 0;
}

int win_wait(Win* win) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (!win->posted) return mpi::ERR_RMA_SYNC;
  WrapperScope scope;
  NamedCall named("MPI_Win_wait", *win);
  int error = waitall(static_cast<int>(win->completions.size()), win->completions.data(), nullptr);
  win->completions.clear();
  win->posted = false;
  return error;
}

int win_test(Win* win, int* flag) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (!win->posted) return mpi::ERR_RMA_SYNC;
  WrapperScope scope;
  int error = testall(static_cast<int>(win->completions.size()), win->completions.data(), flag, nullptr);
  if (error != 0 || *flag == 0) return error;
  win->completions.clear();
  win->posted = false;
  return 0;
}

int win_lock(int lock_type, int rank, int assert, Win* win) {
  if (rank == mpi::PROC_NULL && usable(win)) return 0;
  if (int error = check_rank(win, rank)) return error;
  if (lock_type != mpi::LOCK_SHARED && lock_type != mpi::LOCK_EXCLUSIVE) return mpi::ERR_LOCKTYPE;
  if (!may_begin_access(*win) || holds_lock(*win, rank)) return mpi::ERR_RMA_SYNC;
  WrapperScope scope(ThreadPlace::waiting);
  NamedCall named("MPI_Win_lock", *win);
  WindowLock exclusive = win->watched ? WindowLock::watched_exclusive : WindowLock::exclusive;
  WindowLock lock = lock_type == mpi::LOCK_EXCLUSIVE ? exclusive : WindowLock::shared;
  bool unchecked = (assert& mpi::MODE_NOCHECK) != 0;
  if (!unchecked)
    if (int error = acquire_lock(*win, &lock, rank)) return error;
  win->watched = win->watched || lock == WindowLock::watched_exclusive;
  note_lock(*win, rank, unchecked ? Lock::unchecked : as_held(lock));
  return 0;
}

int win_unlock(int rank, Win* win) {
  if (rank == mpi::PROC_NULL && usable(win)) return 0;
  if (int error = check_rank(win, rank)) return error;
  if (win->locked_all || !holds_lock(*win, rank)) return mpi::ERR_RMA_SYNC;
  WrapperScope scope;
  post_deferred();
  if (int error = complete_operations(*win)) return error;
  Lock held = forget_lock(*win, rank);
  return held == Lock::unchecked ? 0 : give_back_lock(*win, as_acquired(held), rank);
}

int win_lock_all(int assert, Win* win) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (!may_begin_access(*win) || win->locks_held != 0) return mpi::ERR_RMA_SYNC;
  WrapperScope scope(ThreadPlace::waiting);
  NamedCall named("MPI_Win_lock_all", *win);
  bool unchecked = (assert& mpi::MODE_NOCHECK) != 0;
  WindowLock all = WindowLock::all;
  if (!unchecked)
    if (int error = acquire_lock(*win, &all, 0)) return error;
  win->locked_all = true;
  win->locked_all_unchecked = unchecked;
  win->fence_open = false;
  return 0;
}

int win_unlock_all(Win* win) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (!win->locked_all) return mpi::ERR_RMA_SYNC;
  WrapperScope scope;
  post_deferred();
  if (int error = complete_operations(*win)) return error;
  win->locked_all = false;
  return win->locked_all_unchecked ? 0 : give_back_lock(*win, WindowLock::all, 0);
}

int win_flush(int rank, Win* win) {
  if (int error = check_flush(win, rank)) return error;
  return flush(*win, [&](std::uint64_t real) { return lower_call::win_flush(rank, real); });
}

int win_flush_local(int rank, Win* win) {
  if (int error = check_flush(win, rank)) return error;
  return flush(*win, [&](std::uint64_t real) { return lower_call::win_flush_local(rank, real); });
}

int win_flush_all(Win* win) {
  if (int error = check_flush_all(win)) return error;
  return flush(*win, [&](std::uint64_t real) { return win->issued != win->completed ? complete_operations(*win) : lower_call::win_flush_all(real); });
}

int win_flush_local_all(Win* win) {
  if (int error = check_flush_all(win)) return error;
  return flush(*win, [&](std::uint64_t real) { return lower_call::win_flush_local_all(real); });
}

int win_sync(Win* win) {
  if (!usable(win)) return mpi::ERR_WIN;
  return flush(*win, [&](std::uint64_t real) { return lower_call::win_sync(real); });
}

}  // namespace mana::api
