// SPDX-License-Identifier: Apache-2.0
// How an upper thread gets a lower TLS: a parked lower pthread (its carrier) lends it. While the upper thread is parked for
// a checkpoint, its kernel thread runs host_thread() below on the carrier's stack with the carrier's FS base.
// After a restart the carrier's kernel thread *is* the upper thread.
#include "lower_half/carriers.hpp"

#include <boost/context/detail/fcontext.hpp>
#include <csignal>
#include <cstring>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <pthread.h>
#include <unistd.h>

#include "common/arch.hpp"
#include "common/quiet_thread.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/scheduling.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

using arch::raw_syscall;
using arch::word;
namespace context = boost::context::detail;

#define MANA_NO_PROTECTOR [[gnu::noinline, gnu::optimize("no-stack-protector")]]

void futex_wait(volatile std::uint32_t* at, std::uint32_t value) { raw_syscall(SYS_futex, word(at), FUTEX_WAIT_PRIVATE, value, 0); }
void futex_wake(volatile std::uint32_t* at) { raw_syscall(SYS_futex, word(at), FUTEX_WAKE_PRIVATE, 1 << 30); }

struct Carrier {
  volatile std::uint32_t state = 0;  // 0 starting, 1 lends its TLS, 2 to be released
  std::uint64_t fs = 0;
  std::uint64_t stack = 0;
};

struct Main {
  context::fcontext_t host = nullptr;
  std::uint64_t fs = 0;
} the_main;

/// One request at a time; the requester holds `busy`.
struct Factory {
  volatile std::uint32_t busy = 0;
  volatile std::uint32_t request = 0;  // 0 none, 1 make a carrier, 2 release `carrier`
  Carrier* carrier = nullptr;
} the_factory;

void* lend(void* argument) {
  auto* carrier = static_cast<Carrier*>(argument);
  carrier->fs = arch::fs_base();
  carrier->stack = (reinterpret_cast<std::uint64_t>(__builtin_frame_address(0)) - 16384) & ~63ULL;
  carrier->state = 1;
  futex_wake(&carrier->state);
  while (carrier->state == 1) futex_wait(&carrier->state, 1);
  delete carrier;
  return nullptr;
}

pthread_t start_thread(void* (*routine)(void*), void* argument) {
  const AllSignalsBlocked blocked;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 8 << 20);
  pthread_t thread{};
  int result = pthread_create(&thread, &attributes, routine, argument);
  pthread_attr_destroy(&attributes);
  return result == 0 ? thread : pthread_t{};
}

Carrier* make_carrier() {
  auto* carrier = new Carrier;
  if (start_thread(lend, carrier) == pthread_t{}) {
    delete carrier;
    return nullptr;
  }
  while (carrier->state == 0) futex_wait(&carrier->state, 0);
  return carrier;
}

void* make_carriers(void*) {
  for (;;) {
    while (the_factory.request == 0) futex_wait(&the_factory.request, 0);
    const WhileAwake awake;
    if (the_factory.request == 1) {
      the_factory.carrier = make_carrier();
    } else {
      the_factory.carrier->state = 2;
      futex_wake(&the_factory.carrier->state);
    }
    __atomic_store_n(&the_factory.request, 0, __ATOMIC_SEQ_CST);
    futex_wake(&the_factory.request);
  }
}

/// Runs on the requester's upper stack with its upper FS base: raw system calls only.
Carrier* ask_factory(std::uint32_t request, Carrier* carrier) {
  while (__atomic_exchange_n(&the_factory.busy, 1, __ATOMIC_ACQUIRE) != 0) raw_syscall(SYS_sched_yield);
  the_factory.carrier = carrier;
  __atomic_store_n(&the_factory.request, request, __ATOMIC_SEQ_CST);
  futex_wake(&the_factory.request);
  while (the_factory.request == request) futex_wait(&the_factory.request, request);
  carrier = the_factory.carrier;
  __atomic_store_n(&the_factory.busy, 0, __ATOMIC_RELEASE);
  return carrier;
}

/// Something for one thread to do while it is parked. `state`: 0 nothing, 1 asked for, 2 begun, 3 done.
struct Errand {
  const ThreadRecord* volatile whose = nullptr;
  void (*run)(void*) = nullptr;
  void* argument = nullptr;
  volatile std::uint32_t state = 0;
} the_errand;

bool errand_changes(std::uint32_t from, std::uint32_t to) {
  return __atomic_compare_exchange_n(&the_errand.state, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

[[gnu::noinline]] void run_errand() {
  if (!errand_changes(1, 2)) return;
  the_errand.run(the_errand.argument);
  __atomic_store_n(&the_errand.state, 3, __ATOMIC_SEQ_CST);
}

/// The lower side of parking, on a lower stack with the lower FS base: waits for the end of the round and lets the upper
/// thread go on where it was. Returns to the caller only by being jumped to again.
MANA_NO_PROTECTOR void host_thread(ThreadRecord* record, context::fcontext_t saved, std::uint64_t lower_fs) {
  for (;;) {
    record->saved_context = saved;
    std::uint32_t round = record->parked_round;
    record->parked_deep = round;  // only now the upper stack is still
    while (gate().resume + 1 == round) {
      if (the_errand.whose == record) run_errand();
      futex_wait(&gate().resume, round - 1);
    }
    record->lower_fs = lower_fs;
    record->parked_deep = 0;
    arch::set_fs_base(record->upper_fs);
    context::transfer_t back = context::jump_fcontext(saved, record);
    arch::set_fs_base(lower_fs);
    saved = back.fctx;
  }
}

/// First entry of an attached thread's lower context.
MANA_NO_PROTECTOR void first_park(context::transfer_t from) {
  auto* record = static_cast<ThreadRecord*>(from.data);
  std::uint64_t lower_fs = record->lower_fs;
  arch::set_fs_base(lower_fs);
  host_thread(record, from.fctx, lower_fs);
}

void lend_stack(ThreadRecord* record, std::uint64_t stack) {
  record->lower_context = context::make_fcontext(reinterpret_cast<void*>(stack), 1 << 20, first_park);
  record->lower_stack = (reinterpret_cast<std::uint64_t>(record->lower_context) - 512) & ~15ULL;
}

struct Entry {
  std::uint64_t entry, stack;
};

/// Leaves the host's context where attach_thread() finds it and jumps to ld.so.
MANA_NO_PROTECTOR void jump_to_program(context::transfer_t from) {
  Entry target = *static_cast<Entry*>(from.data);
  the_main.host = from.fctx;
  asm volatile(
      "movq %1, %%rsp\n"
      "xorl %%edx, %%edx\n"
      "xorl %%ebp, %%ebp\n"
      "jmp *%0\n"
      :
      : "r"(target.entry), "r"(target.stack)
      : "rdx", "memory");
  __builtin_unreachable();
}

}  // namespace

bool on_parked_thread(const ThreadRecord& record, void (*errand)(void*), void* argument) {
  constexpr int patience_ms = 1000;
  the_errand.run = errand;
  the_errand.argument = argument;
  the_errand.whose = &record;
  __atomic_store_n(&the_errand.state, 1, __ATOMIC_SEQ_CST);
  for (int i = 0; i < patience_ms && the_errand.state == 1; ++i) {
    futex_wake(&gate().resume);  // those that are parked look around and park again
    usleep(1000);
  }
  if (errand_changes(1, 0)) return false;
  while (!errand_changes(3, 0)) usleep(1000);
  return true;
}

void start_carrier_factory() { start_thread(make_carriers, nullptr); }

void restart_carrier_factory() {
  the_factory.busy = the_factory.request = 0;
  start_carrier_factory();
}

int attach_thread(ThreadRecord* record) {
  if (record->is_main != 0) {
    record->lower_fs = the_main.fs;
    record->lower_context = the_main.host;
    record->lower_stack = (reinterpret_cast<std::uint64_t>(the_main.host) - 512) & ~15ULL;
    return 0;
  }
  Carrier* carrier = ask_factory(1, nullptr);
  if (carrier == nullptr) return -1;
  record->lower_fs = carrier->fs;
  record->carrier = reinterpret_cast<std::uint64_t>(carrier);
  record->carrier_incarnation = gate().incarnation;
  lend_stack(record, carrier->stack);
  return 0;
}

void detach_thread(ThreadRecord* record) {
  // A thread restored from an image runs on its carrier's own kernel thread: nothing to give back.
  if (record->is_main != 0 || record->carrier == 0 || record->carrier_incarnation != gate().incarnation) return;
  ask_factory(2, reinterpret_cast<Carrier*>(record->carrier));
}

MANA_NO_PROTECTOR void enter_upper(std::uint64_t entry, std::uint64_t stack) {
  static unsigned char boot_stack[65536] __attribute__((aligned(64)));
  the_main.fs = arch::fs_base();
  std::uint64_t lower_fs = the_main.fs;
  Entry target{entry, stack};
  auto first = context::make_fcontext(boot_stack + sizeof boot_stack, sizeof boot_stack, jump_to_program);
  context::transfer_t parked = context::jump_fcontext(first, &target);
  arch::set_fs_base(lower_fs);
  host_thread(static_cast<ThreadRecord*>(parked.data), parked.fctx, lower_fs);
  __builtin_unreachable();
}

namespace {

/// The thread keeps the id that its libc has noted; calls that name it are translated (upper_half/resident/thread_ids.hpp).
void keep_thread_id(const ThreadRecord& record) {
  WindowState& w = window();
  std::uint32_t slot = __atomic_fetch_add(&w.thread_ids_used, 1, __ATOMIC_SEQ_CST);
  if (slot < tracked_thread_ids)
    w.thread_ids[slot] = ThreadId::pack(*record.tid_address, record.tid);
  else
    __atomic_fetch_sub(&w.thread_ids_used, 1, __ATOMIC_SEQ_CST);
}

/// True if the kernel has given this thread an id by which the program knows another of its threads.
bool has_id_of_another(const ThreadRecord& record) {
  auto mine = static_cast<std::int32_t>(raw_syscall(SYS_gettid));
  for (const ThreadRecord* other = gate().upper->threads; other != nullptr; other = other->next)
    if (other != &record && *other->tid_address == mine) return true;
  return false;
}

struct Life {
  ThreadRecord* record;
  Signals pending;
};

/// Threads of the image that have their kernel thread, and whether they may go on.
volatile std::uint32_t threads_made = 0, threads_may_go = 0;

void begin_life(Life* life);

/// A kernel thread for one of the image's threads; it hands its task on to another if it has got an unlucky id.
void* live_again(void* argument) {
  auto* life = static_cast<Life*>(argument);
  if (has_id_of_another(*life->record)) {
    begin_life(life);
    return nullptr;
  }
  // libc leaves its own signals open, of which 32 is that of SIGEV_THREAD timers: they start before this thread is itself again.
  std::uint64_t all = ~0ULL;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, word(&all), 0, 8);
  take_kernel_thread(*life->record);
  __atomic_fetch_add(&threads_made, 1, __ATOMIC_SEQ_CST);
  futex_wake(&threads_made);
  while (threads_may_go == 0) futex_wait(&threads_may_go, 0);
  resume_record(life->record, life->pending);
}

void begin_life(Life* life) {
  if (start_thread(live_again, life) == pthread_t{})
    complain("a thread of the application can't be made again: pthread_create failed; raise the limit of processes (ulimit -u)");
}

}  // namespace

void take_kernel_thread(ThreadRecord& record) {
  record.tid = static_cast<std::int32_t>(raw_syscall(SYS_gettid));
  keep_thread_id(record);
}

MANA_NO_PROTECTOR void resume_record(ThreadRecord* record, const Signals& pending) {
  std::uint64_t lower_fs = arch::fs_base();
  send_to_this_thread(pending);
  raw_syscall(SYS_set_tid_address, word(record->tid_address));
  raw_syscall(SYS_set_robust_list, word(record->robust_list), static_cast<long>(record->robust_list_bytes));
  raw_syscall(SYS_prctl, PR_SET_NAME, word(record->name));
  restore_scheduling(*record);
  stack_t alternate{};
  alternate.ss_sp = record->altstack_sp;
  alternate.ss_size = record->altstack_bytes;
  alternate.ss_flags = record->altstack_sp != nullptr ? record->altstack_flags : SS_DISABLE;
  raw_syscall(SYS_sigaltstack, word(&alternate), 0);
  arch::set_gs_base(reinterpret_cast<std::uint64_t>(record));
  record->lower_fs = lower_fs;
  record->carrier = 0;
  record->in_lower = 0;
  record->parked_deep = 0;
  arch::set_fs_base(record->upper_fs);
  context::transfer_t parked = context::jump_fcontext(record->saved_context, record);
  arch::set_fs_base(lower_fs);
  host_thread(static_cast<ThreadRecord*>(parked.data), parked.fctx, lower_fs);
  __builtin_unreachable();
}

void make_other_threads(UpperInterface& upper, const std::function<Signals(const ThreadRecord&)>& pending) {
  std::uint32_t wanted = 0;
  for (ThreadRecord* record = upper.threads; record != nullptr; record = record->next) {
    if (record->is_main != 0) continue;
    begin_life(new Life{record, pending(*record)});
    ++wanted;
  }
  for (std::uint32_t made; (made = threads_made) < wanted;) futex_wait(&threads_made, made);
}

void resume_other_threads() {
  threads_may_go = 1;
  futex_wake(&threads_may_go);
}

}  // namespace mana::lower
