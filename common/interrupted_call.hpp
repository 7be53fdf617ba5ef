// SPDX-License-Identifier: Apache-2.0
// A program must not notice our signals: a blocking system call that one of them interrupted is entered again.
#pragma once

#include <sys/syscall.h>

#include <cstdint>

namespace mana {

/// Words of a signal frame's ucontext_t (x86-64 psABI, <sys/ucontext.h>).
inline constexpr int frame_rax = 18, frame_rip = 21;
/// Put in place of EINTR for a call of the resident code that shall go on with the rest of its time.
inline constexpr std::int64_t go_on_after_checkpoint = -4094;

/// Calls that fail with EINTR after any handler, SA_RESTART or not (signal(7)), and may simply be entered again: the kernel has
/// written what remains of their time, or they have none. Those that need their time to be computed are redirected (resident code).
[[gnu::always_inline]] inline bool can_be_entered_again(std::uint32_t number) {
  switch (number) {
    case SYS_ppoll:
    case SYS_select:
    case SYS_pselect6:
    case SYS_pause:
    case SYS_rt_sigsuspend:
    case SYS_semop:
    case SYS_msgrcv:
    case SYS_msgsnd: return true;
    default: return false;
  }
}

/// Addresses in the resident code (resident.S).
struct InterruptibleCalls {
  std::uint64_t timed_call_returns;  ///< behind the system call of calls that go on after a checkpoint
  /// From here to its system call a wait for children has looked at what a restart told of them, and not yet entered the kernel.
  std::uint64_t child_wait_begins;
  std::uint64_t child_wait_returns;  ///< behind that call
};

/// `frame` is the ucontext of our own handler. Looks for `mov $number,%eax; syscall` in front of the interrupted instruction.
[[gnu::always_inline]] inline void enter_interrupted_call_again(std::uint64_t* frame, const InterruptibleCalls& calls) {
  constexpr std::int64_t interrupted = -4;  // -EINTR
  // The kernel would enter it (again); a restart may have told of a child that it doesn't know.
  if (frame[frame_rip] >= calls.child_wait_begins && frame[frame_rip] < calls.child_wait_returns) {
    frame[frame_rip] = calls.child_wait_returns;
    frame[frame_rax] = static_cast<std::uint64_t>(go_on_after_checkpoint);
    return;
  }
  if (static_cast<std::int64_t>(frame[frame_rax]) != interrupted) return;
  if (frame[frame_rip] == calls.timed_call_returns || frame[frame_rip] == calls.child_wait_returns) {
    frame[frame_rax] = static_cast<std::uint64_t>(go_on_after_checkpoint);
    return;
  }
  const auto* after = reinterpret_cast<const std::uint8_t*>(frame[frame_rip]);
  if (after[-1] != 0x05 || after[-2] != 0x0f || after[-7] != 0xb8) return;
  std::uint32_t number = after[-6] | after[-5] << 8 | after[-4] << 16 | static_cast<std::uint32_t>(after[-3]) << 24;
  if (!can_be_entered_again(number)) return;
  frame[frame_rax] = number;
  frame[frame_rip] -= 2;
}

}  // namespace mana
