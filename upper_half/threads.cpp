// SPDX-License-Identifier: Apache-2.0
// pthread_create of the application. A new thread inherits its creator's %gs, so every signal stays blocked in it until it
// has a record of its own; it leaves the list in the last round of its thread-specific destructors.
#include "upper_half/threads.hpp"

#include <climits>
#include <cerrno>
#include <csignal>
#include <dlfcn.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <pthread.h>
#include <threads.h>

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

/// Robust mutexes that an ending thread still holds get the kernel's id for it, by which the kernel knows that their owner dies.
void bequeath_robust_mutexes(std::int32_t noted, std::int32_t kernel) {
  struct Head {
    std::uint64_t next;
    std::int64_t futex_offset;
  };
  constexpr int most = 10000;  // as the kernel's limit
  const Head* head = nullptr;
  std::uint64_t bytes = 0;
  if (raw_syscall(SYS_get_robust_list, 0, word(&head), word(&bytes)) != 0 || head == nullptr) return;
  std::uint64_t at = head->next & ~1ULL;  // the lowest bit marks priority inheritance
  for (int i = 0; i < most && at != 0 && at != reinterpret_cast<std::uint64_t>(head); ++i) {
    auto* futex = reinterpret_cast<volatile std::uint32_t*>(at + static_cast<std::uint64_t>(head->futex_offset));
    std::uint32_t seen = *futex;
    while (
        (seen & FUTEX_TID_MASK) == static_cast<std::uint32_t>(noted) &&
        !__atomic_compare_exchange_n(futex, &seen, (seen & ~FUTEX_TID_MASK) | static_cast<std::uint32_t>(kernel), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {}
    at = *reinterpret_cast<const std::uint64_t*>(at) & ~1ULL;
  }
}

/// A thread whose id was translated (resident/thread_ids.hpp) ends.
void forget_thread_id() {
  auto kernel = static_cast<std::int32_t>(raw_syscall(SYS_gettid));
  for (std::uint32_t i = 0; i < thread_id_slots(); ++i) {
    if (ThreadId::kernel(window().thread_ids[i]) != kernel) continue;
    bequeath_robust_mutexes(ThreadId::program(window().thread_ids[i]), kernel);
    window().thread_ids[i] = 0;
  }
}

/// A new thread whose id is one by which the program knows another thread, since before a restart, gets one that no kernel gives.
void avoid_id_of_another() {
  constexpr std::int32_t beyond_kernel = 1 << 22;  // PID_MAX_LIMIT
  auto kernel = static_cast<std::int32_t>(raw_syscall(SYS_gettid));
  for (std::uint32_t i = 0; i < thread_id_slots(); ++i) {
    if (ThreadId::program(window().thread_ids[i]) != kernel) continue;
    std::int32_t* noted = nullptr;
    std::uint32_t slot = __atomic_fetch_add(&window().thread_ids_used, 1, __ATOMIC_SEQ_CST);
    if (slot >= tracked_thread_ids || raw_syscall(SYS_prctl, PR_GET_TID_ADDRESS, word(&noted)) != 0)
      fatal("a new thread has the id %d of another thread of the restarted program; too many threads", kernel);
    *noted = beyond_kernel + static_cast<std::int32_t>(__atomic_fetch_add(&window().made_thread_ids, 1, __ATOMIC_SEQ_CST));
    window().thread_ids[slot] = ThreadId::pack(*noted, kernel);
    return;
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
    if (stop_wanted()) checkpoint_line(Standing::interrupted);
    unlink_record(record);
    gate().detach_thread(record);
    forget_thread_id();
    record->stop_requested = 0;
  }
  arch::set_gs_base(0);
  arena_release(leaving);
  destroy(record);
}

void* run_thread(void* argument) {
  Start start = *static_cast<Start*>(argument);
  avoid_id_of_another();
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
  if (stop_wanted()) checkpoint_line(Standing::interrupted);
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
  if (gate().attach_thread(&record) != 0)
    fatal("no lower-half thread could be made for a new thread (pthread_create failed); raise the limit of processes (ulimit -u)");
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

/// C11 threads, which libc makes without calling pthread_create.
struct C11Start {
  thrd_start_t routine;
  void* argument;
};

static void* run_c11_thread(void* argument) {
  C11Start start = *static_cast<C11Start*>(argument);
  {
    WrapperScope scope;
    arena_release(argument);
  }
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(start.routine(start.argument)));  // as thrd_join reads it
}

extern "C" [[gnu::visibility("default")]] int thrd_create(thrd_t* thread, thrd_start_t routine, void* argument) {
  ensure_upper_half();
  C11Start* start;
  {
    WrapperScope scope;
    start = static_cast<C11Start*>(arena_allocate(sizeof(C11Start)));
  }
  *start = C11Start{routine, argument};
  int result = pthread_create(thread, nullptr, run_c11_thread, start);
  return result == 0 ? thrd_success : result == ENOMEM ? thrd_nomem : thrd_error;
}

/// libc computes the clock from the thread's id, which in a restarted program is not the kernel's.
extern "C" [[gnu::visibility("default")]] int pthread_getcpuclockid(pthread_t thread, clockid_t* clock) {
  if (in_forked_child()) {
    *clock = CLOCK_THREAD_CPUTIME_ID;  // there is no other thread
    return 0;
  }
  WrapperScope scope;
  InterfaceLock lock;
  for (const ThreadRecord* record = interface().threads; record != nullptr; record = record->next) {
    if (record->upper_fs != thread) continue;
    constexpr unsigned of_thread = 6;  // CPUCLOCK_PERTHREAD | CPUCLOCK_SCHED of the kernel
    *clock = static_cast<clockid_t>(~static_cast<unsigned>(record->tid) << 3 | of_thread);
    return 0;
  }
  return ESRCH;
}

}  // namespace mana::upper
