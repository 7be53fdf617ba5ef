// SPDX-License-Identifier: Apache-2.0
// pthread_create of the application. A new thread inherits its creator's %gs, so every signal stays blocked in it until it
// has a record of its own; it leaves the list in the last round of its thread-specific destructors.
#include "upper_half/threads.hpp"

#include <climits>
#include <csignal>
#include <dlfcn.h>
#include <pthread.h>

#include "common/arch.hpp"
#include "upper_half/arena.hpp"
#include "upper_half/resident/window.hpp"
#include "upper_half/startup.hpp"

namespace mana::upper {
namespace {

using arch::raw_syscall;
using arch::word;
using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

struct Start {
  void* (*routine)(void*);
  void* argument;
  std::uint64_t mask;
};

struct Leaving {
  ThreadRecord* record;
  int rounds;
};

pthread_key_t leaving_key;
Create real_create;

std::uint64_t set_mask(std::uint64_t mask) {
  std::uint64_t before = 0;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, word(&mask), word(&before), 8);
  return before;
}

void unlink_record(ThreadRecord* record) {
  InterfaceLock lock;
  for (ThreadRecord** link = &interface().threads; *link != nullptr; link = &(*link)->next) {
    if (*link != record) continue;
    *link = record->next;
    break;
  }
  for (auto& slot : interface().leaving) {
    if (slot != 0) continue;
    slot = record->tid;
    break;
  }
}

/// Called by libc for every ending thread, once a round; the last round comes after the application's own destructors.
void leave(void* value) {
  auto* leaving = static_cast<Leaving*>(value);
  if (++leaving->rounds < PTHREAD_DESTRUCTOR_ITERATIONS) {
    pthread_setspecific(leaving_key, leaving);
    return;
  }
  ThreadRecord* record = leaving->record;
  if (in_forked_child()) return;
  set_mask(~0ULL);
  {
    WrapperScope scope;
    if (stop_wanted()) checkpoint_line();
    unlink_record(record);
    gate().detach_thread(record);
    record->stop_requested = 0;
  }
  arch::set_gs_base(0);
  arena_release(leaving);
  destroy(record);
}

void* run_thread(void* argument) {
  Start start = *static_cast<Start*>(argument);
  auto* record = create<ThreadRecord>();
  *record = ThreadRecord{};
  record->place = static_cast<std::uint32_t>(ThreadPlace::wrapper);
  attach_this_thread(*record);
  __atomic_fetch_sub(&interface().threads_starting, 1, __ATOMIC_SEQ_CST);
  auto* leaving = create<Leaving>();
  *leaving = Leaving{record, 0};
  pthread_setspecific(leaving_key, leaving);
  arena_release(argument);
  WrapperScope::set(ThreadPlace::application);
  set_mask(start.mask & ~(1ULL << 61));
  if (stop_wanted()) checkpoint_line();
  return start.routine(start.argument);
}

[[gnu::constructor(102)]] void find_pthread_create() {
  if (real_create != nullptr) return;
  real_create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  pthread_key_create(&leaving_key, leave);
}

}  // namespace

bool in_forked_child() { return raw_syscall(SYS_getpid) != window().process; }

void attach_this_thread(ThreadRecord& record) {
  record.self = &record;
  record.upper_fs = arch::fs_base();
  record.tid = static_cast<std::int32_t>(raw_syscall(SYS_gettid));
  arch::set_gs_base(reinterpret_cast<std::uint64_t>(&record));
  if (gate().attach_thread(&record) != 0) fatal("no lower-half thread could be made for a new thread (pthread_create failed); raise the limit of processes (ulimit -u)");
  WrapperScope scope;
  InterfaceLock lock;
  record.next = interface().threads;
  interface().threads = &record;
}

extern "C" [[gnu::visibility("default")]] int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*routine)(void*), void* argument) {
  ensure_upper_half();
  if (real_create == nullptr) find_pthread_create();
  if (in_forked_child()) return real_create(thread, attributes, routine, argument);
  WrapperScope scope;
  auto* start = static_cast<Start*>(arena_allocate(sizeof(Start)));
  std::uint64_t mask = set_mask(~0ULL);
  *start = Start{routine, argument, mask};
  __atomic_fetch_add(&interface().threads_starting, 1, __ATOMIC_SEQ_CST);
  int result = real_create(thread, attributes, run_thread, start);
  if (result != 0) {
    __atomic_fetch_sub(&interface().threads_starting, 1, __ATOMIC_SEQ_CST);
    arena_release(start);
  }
  set_mask(mask);
  return result;
}

}  // namespace mana::upper
