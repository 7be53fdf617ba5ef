// SPDX-License-Identifier: Apache-2.0
// A program must not notice our signals: a blocking system call that one of them interrupted is entered again.
#pragma once

#include <sys/syscall.h>

#include <cstdint>

namespace mana {

/// Words of a signal frame's ucontext_t (x86-64 psABI, <sys/ucontext.h>).
inline constexpr int frame_rax = 18, frame_rip = 21;

/// Calls that fail with EINTR after any handler, SA_RESTART or not (signal(7)), and may simply be entered again. A sleep that
/// has its request and its remainder in one place (sleep(3)) goes on for the rest; others begin their time anew.
[[gnu::always_inline]] inline bool can_be_entered_again(std::uint32_t number) {
  switch (number) {
    case SYS_nanosleep: case SYS_clock_nanosleep: case SYS_poll: case SYS_ppoll: case SYS_select: case SYS_pselect6:
    case SYS_epoll_wait: case SYS_epoll_pwait: case SYS_rt_sigtimedwait: case SYS_semtimedop: case SYS_pause:
      return true;
    default:
      return false;
  }
}

/// `frame` is the ucontext of our own handler. Looks for `mov $number,%eax; syscall` in front of the interrupted instruction.
[[gnu::always_inline]] inline void enter_interrupted_call_again(std::uint64_t* frame) {
  constexpr std::int64_t interrupted = -4;  // -EINTR
  if (static_cast<std::int64_t>(frame[frame_rax]) != interrupted) return;
  const auto* after = reinterpret_cast<const std::uint8_t*>(frame[frame_rip]);
  if (after[-1] != 0x05 || after[-2] != 0x0f || after[-7] != 0xb8) return;
  std::uint32_t number = after[-6] | after[-5] << 8 | after[-4] << 16 | static_cast<std::uint32_t>(after[-3]) << 24;
  if (!can_be_entered_again(number)) return;
  frame[frame_rax] = number;
  frame[frame_rip] -= 2;
}

}  // namespace mana
