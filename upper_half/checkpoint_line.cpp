// SPDX-License-Identifier: Apache-2.0
// The checkpoint line: where a thread of the upper half stands while the image is taken, and where it starts again,
// in the same process or in a new one. A checkpoint, seen from a thread, is one straight line: block signals, drain,
// park; then go on, or after a restart remake the MPI objects and go on.
#include <boost/context/detail/fcontext.hpp>
#include <cerrno>
#include <csignal>
#include <linux/prctl.h>
#include <time.h>

#include "common/arch.hpp"
#include "common/interrupted_call.hpp"
#include "upper_half/checkpoint.hpp"
#include "upper_half/collective_request.hpp"
#include "upper_half/file.hpp"
#include "upper_half/resident/window.hpp"
#include "upper_half/synchronous.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {
namespace {

using arch::raw_syscall;
using arch::word;
namespace context = boost::context::detail;

std::uint64_t block_signals() {
  std::uint64_t all = ~0ULL, before = 0;
  raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, word(&all), word(&before), 8);
  return before;
}

void restore_signals(std::uint64_t mask) { raw_syscall(SYS_rt_sigprocmask, SIG_SETMASK, word(&mask), 0, 8); }

/// What the kernel knows about this thread and a new kernel thread must be told.
void note_kernel_state(ThreadRecord& me) {
  raw_syscall(SYS_get_robust_list, 0, word(&me.robust_list), word(&me.robust_list_bytes));
  raw_syscall(SYS_prctl, PR_GET_TID_ADDRESS, word(&me.tid_address));
  raw_syscall(SYS_prctl, PR_GET_NAME, word(&me.name));
  raw_syscall(SYS_sched_getaffinity, 0, sizeof me.affinity, word(&me.affinity));
  me.policy = static_cast<std::int32_t>(raw_syscall(SYS_sched_getscheduler, 0));
  raw_syscall(SYS_sched_getparam, 0, word(&me.priority));
  me.niceness = static_cast<std::int32_t>(raw_syscall(SYS_getpriority, 0 /* PRIO_PROCESS */, 0));
  stack_t alternate{};
  raw_syscall(SYS_sigaltstack, 0, word(&alternate));
  me.altstack_sp = alternate.ss_sp;
  me.altstack_bytes = alternate.ss_size;
  me.altstack_flags = alternate.ss_flags & ~SS_ONSTACK;
}

void sleep_briefly() {
  timespec pause{0, 200000};
  raw_syscall(SYS_nanosleep, word(&pause), 0);
}

/// Remakes MPI in the fresh lower half, in the thread that has drained; the other threads wait for it.
void remake_mpi(ThreadRecord& me) {
  if (me.drains != 0 || interface().mpi_initialized == 0) {
    if (interface().mpi_initialized != 0) {
      note_farewells();
      rebuild_objects();
      rebuild_requests();
      rebuild_acknowledgements();
    }
    interface().incarnation = gate().incarnation;
  } else {
    while (interface().incarnation != gate().incarnation) sleep_briefly();
  }
}

/// Leaves the upper half with all callee-saved registers on this stack; returns in the same process or in a new one.
/// True: a restart lies in between.
bool park(ThreadRecord& me, std::uint32_t round) {
  note_kernel_state(me);
  me.parked_round = round;
  context::transfer_t lower = context::jump_fcontext(me.lower_context, &me);
  me.lower_context = lower.fctx;
  me.lower_stack = (reinterpret_cast<std::uint64_t>(lower.fctx) - 512) & ~15ULL;
  me.parked_round = 0;
  if (interface().incarnation == gate().incarnation) return false;
  remake_mpi(me);
  return true;
}

/// What a thread that has come to the line does there.
enum class Duty { park, drain, come_again };

bool somebody_drains(std::uint32_t round) {
  for (const ThreadRecord* record = interface().threads; record != nullptr; record = record->next)
    if (record->drains == round) return true;
  return false;
}

/// One thread of the rank drains: the MPI thread, which stands best (small stacks, MPI_THREAD_FUNNELED). But a pending reduction by a
/// user's function, which the drain may call and which need not be async-signal-safe, takes one in a call of MPI; the first one. Until there is one
/// nobody parks: the program may let it wait for any other thread.
Duty take_duty(ThreadRecord& me, std::uint32_t round, Standing standing) {
  if (interface().mpi_initialized == 0) return Duty::park;
  InterfaceLock lock;
  if (somebody_drains(round)) return Duty::park;
  if (user_function_pending()) {
    const bool may_call_mpi = me.is_mpi_thread != 0 || interface().thread_level >= mpi::THREAD_SERIALIZED;
    if (standing == Standing::interrupted || !may_call_mpi) return Duty::come_again;
  } else if (me.is_mpi_thread == 0) {
    return Duty::park;
  }
  me.drains = round;
  return Duty::drain;
}

}  // namespace

bool checkpoint_line(Standing standing) {
  ThreadRecord& me = this_thread();
  std::uint32_t place = me.place;
  std::uint64_t mask = block_signals();
  me.stop_requested = 0;
  bool restarted = false;
  for (;;) {
    std::uint32_t round = gate().resume + 1;
    asm volatile("" : : : "memory");
    if (gate().stop == 0) break;
    Duty duty = take_duty(me, round, standing);
    if (duty == Duty::come_again) {
      me.stop_requested = 1;
      break;
    }
    WrapperScope::set(ThreadPlace::at_line);
    if (duty == Duty::drain) {
      drain();
      settle_files();
    }
    restarted |= park(me, round);
    if (duty == Duty::drain) {
      me.drains = 0;
      gate().at_line = 0;
      send_acknowledgements();
    }
    me.place = place;
  }
  me.place = place;
  restore_signals(mask);
  return restarted;
}

void WrapperScope::deferred_stop() {
  this_thread().stop_requested = 0;
  if (stop_wanted()) checkpoint_line();
}

/// Descriptors that the resident code was just making or closing: the image has them noted, as the kernel has them open.
static void settle_descriptor_call(std::uint64_t* frame) {
  constexpr int frame_rdi = 13, frame_rbp = 15, frame_flags = 22;
  const auto note = [](std::uint64_t fd) {
    if (fd < tracked_descriptors) __atomic_fetch_or(&window().owned[fd / 64], 1ULL << (fd % 64), __ATOMIC_RELAXED);
  };
  const ResidentHeader& code = resident();
  const std::uint64_t at = frame[frame_rip];
  if (at >= code.opening_call_returns && at < code.opening_call_noted) {
    note(frame[frame_rax]);
  } else if (at >= code.pair_call_returns && at < code.pair_call_noted && frame[frame_rax] == 0) {
    const auto* pair = reinterpret_cast<const int*>(frame[frame_rbp]);
    note(static_cast<std::uint32_t>(pair[0]));
    note(static_cast<std::uint32_t>(pair[1]));
  } else if (at == code.closing_call_enters && (frame[frame_flags] & 1) != 0) {
    note(frame[frame_rdi]);
    frame[frame_rip] = code.closing_call_begins;
  }
}

/// The stop signal. In a wrapper, in the lower half, in the kernel's vDSO, or with a user's reduction pending it is deferred: the wrapper's end looks at
/// `stop_requested`, and the agent repeats the signal until every thread has parked. `errno` is the program's only where the program runs: in
/// the lower half the thread has another TLS, in which its place may not even be mapped.
static void on_stop_signal(int, void*, void* frame) {
  ThreadRecord& me = this_thread();
  auto* words = static_cast<std::uint64_t*>(frame);
  std::uint64_t interrupted = words[frame_rip];
  bool in_upper = (interrupted >= window_begin && interrupted < window_end) || interrupted < low_end;
  if (me.place != 0) {
    me.stop_requested = 1;
  } else if (in_upper && stop_wanted()) {
    int saved_errno = errno;
    settle_descriptor_call(words);
    checkpoint_line(Standing::interrupted);
    errno = saved_errno;
  }
  if (in_upper) enter_interrupted_call_again(words, resident().interruptible);
}

[[gnu::naked]] static void return_from_signal() { asm volatile("movl $15, %eax\nsyscall\n"); }

void install_stop_signal() {
  interface().stop_signal_handler = reinterpret_cast<std::uint64_t>(&on_stop_signal);
  interface().stop_signal_restorer = reinterpret_cast<std::uint64_t>(&return_from_signal);
  KernelSigaction action{interface().stop_signal_handler, SA_SIGINFO | SA_RESTART | 0x04000000 /* SA_RESTORER */, interface().stop_signal_restorer, ~0ULL};
  raw_syscall(SYS_rt_sigaction, stop_signal, word(&action), 0, 8);
}

}  // namespace mana::upper
