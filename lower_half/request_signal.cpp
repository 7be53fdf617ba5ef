// SPDX-License-Identifier: Apache-2.0
#include "lower_half/request_signal.hpp"

#include <csignal>
#include <cstdint>
#include <sys/eventfd.h>

#include "common/arch.hpp"
#include "common/interrupted_call.hpp"
#include "lower_half/descriptors.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

volatile int the_event = -1;

[[gnu::optimize("no-stack-protector")]] void on_request(int, void*, std::uint64_t* frame) {
  std::uint64_t one = 1;
  if (the_event >= 0) arch::raw_syscall(SYS_write, the_event, arch::word(&one), sizeof one);
  if (frame[frame_rip] >= window_begin && frame[frame_rip] < window_end) enter_interrupted_call_again(frame);
}

[[gnu::naked]] void return_from_signal() { asm volatile("movl $15, %eax\nsyscall\n"); }

}  // namespace

int request_event() {
  if (the_event < 0) the_event = keep_high(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  return the_event;
}

void install_request_signal(int signal) {
  request_event();
  KernelSigaction action{reinterpret_cast<std::uint64_t>(&on_request), SA_SIGINFO | SA_RESTART | 0x04000000 /* SA_RESTORER */,
                         reinterpret_cast<std::uint64_t>(&return_from_signal), 0};
  arch::raw_syscall(SYS_rt_sigaction, signal, arch::word(&action), 0, 8);
}

}  // namespace mana::lower
