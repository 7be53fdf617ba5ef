// SPDX-License-Identifier: Apache-2.0
#include "lower_half/request_signal.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include "common/arch.hpp"
#include "common/interrupted_call.hpp"
#include "common/thread_record.hpp"
#include "lower_half/job.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

std::atomic<bool> early{false};

[[gnu::optimize("no-stack-protector")]] void on_request(int, void*, std::uint64_t* frame) {
  auto* record = reinterpret_cast<ThreadRecord*>(arch::gs_base());
  bool borrow = record != nullptr && record->lower_fs != 0;
  std::uint64_t interrupted = arch::fs_base();  // of either half: the thread may stand in a door
  if (borrow) arch::set_fs_base(record->lower_fs);
  if (!request_checkpoint()) early = true;
  if (borrow) arch::set_fs_base(interrupted);
  if (frame[frame_rip] >= window_begin && frame[frame_rip] < window_end) enter_interrupted_call_again(frame, resident().interruptible);
}

[[gnu::naked]] void return_from_signal() { asm volatile("movl $15, %eax\nsyscall\n"); }

}  // namespace

bool take_early_request() { return early.exchange(false); }

void install_request_signal(int signal) {
  KernelSigaction action{reinterpret_cast<std::uint64_t>(&on_request), SA_SIGINFO | SA_RESTART | 0x04000000 /* SA_RESTORER */,
                         reinterpret_cast<std::uint64_t>(&return_from_signal), ~0ULL};
  arch::raw_syscall(SYS_rt_sigaction, signal, arch::word(&action), 0, 8);
}

}  // namespace mana::lower
