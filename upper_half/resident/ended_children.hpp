// SPDX-License-Identifier: Apache-2.0
// Children don't outlive a restart. How those of before have ended, or that they were killed by it, the wait calls tell from
// WindowState::ended_children, as the kernel would have told it; also libc's own (system, pclose).
// Part of the resident code: its law holds here too.
#pragma once

#include <sys/syscall.h>

#include "common/arch.hpp"
#include "common/interrupted_call.hpp"
#include "upper_half/resident/thread_ids.hpp"
#include "upper_half/resident/window.hpp"

namespace mana {

/// A wait that a checkpoint interrupts (resident.S); the result go_on_after_checkpoint: look again.
extern "C" long mana_child_wait(long number, const long* arguments, std::uint32_t incarnation, const volatile std::uint32_t* current);

/// A child of before a restart: dead until it is waited for, though its number may be another process's by now. 0: there is none.
class EndedChildren {
 public:
  /// `wanted` as wait4(2) has it; a child is told once, unless it is only looked at. The packed EndedChild.
  static std::uint64_t tell(int wanted, bool look_only) {
    for (auto& slot : window().ended_children) {
      std::uint64_t packed = slot;
      if (packed == 0 || !(wanted == EndedChild::pid(packed) || wanted == -1 || wanted == 0)) continue;
      if (look_only || __atomic_compare_exchange_n(&slot, &packed, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return packed;
    }
    return 0;
  }
  static bool has(int pid) { return pid > 0 && tell(pid, true) != 0; }
};

/// The process or process group for one that the program may remember from before a restart, as wait4 and kill name them.
inline long current_target(int id) { return id < -1 ? -current_process(-std::int64_t{id}) : current_process(id); }

namespace waiting {
constexpr long error_child = -10;

inline void clear(long at, long bytes) {
  for (long i = 0; at != 0 && i < bytes; ++i) reinterpret_cast<volatile char*>(at)[i] = 0;
}

inline long answer(std::uint64_t child, const long* a) {
  constexpr long rusage_bytes = 144;
  if (a[1] != 0) *reinterpret_cast<int*>(a[1]) = EndedChild::status(child);
  clear(a[3], rusage_bytes);
  return EndedChild::pid(child);
}

/// What the kernel has told of a child, which may be known by another id.
inline long tell_relative(long kernel, int status, const long* a) {
  constexpr int stopped = 0x7f, continued = 0xffff;
  if (a[1] != 0) *reinterpret_cast<int*>(a[1]) = status;
  const long known = known_process(kernel);
  if ((status & 0xff) != stopped && status != continued) forget_relative(kernel);
  return known;
}

/// The kernel's siginfo of a child that has ended.
struct ChildFacts {
  int signal, error, code, padding, pid;
  unsigned user;
  int status;
};

inline long answer_id(std::uint64_t child, const long* a) {
  constexpr long siginfo_bytes = 128, rusage_bytes = 144;
  constexpr int sigchld = 17, exited = 1, killed = 2, dumped = 3, core_flag = 0x80;
  int status = EndedChild::status(child), number = status & 0x7f;
  clear(a[2], siginfo_bytes);
  clear(a[4], rusage_bytes);
  if (a[2] == 0) return 0;
  auto& facts = *reinterpret_cast<ChildFacts*>(a[2]);
  facts.signal = sigchld;
  facts.code = number == 0 ? exited : (status & core_flag) != 0 ? dumped : killed;
  facts.pid = EndedChild::pid(child);
  facts.user = static_cast<unsigned>(arch::raw_syscall(SYS_getuid));
  facts.status = number == 0 ? status >> 8 & 0xff : number;
  return 0;
}

/// The same for waitid(2).
inline void tell_relative_by_id(bool look_only, const long* a) {
  constexpr int exited = 1, dumped = 3;
  if (a[2] == 0) return;
  auto& facts = *reinterpret_cast<ChildFacts*>(a[2]);
  const long kernel = facts.pid;
  facts.pid = static_cast<int>(known_process(kernel));
  if (!look_only && facts.code >= exited && facts.code <= dumped) forget_relative(kernel);
}
}  // namespace waiting

/// What it has told of ended children holds until the next restart.
class ChildWait {
 public:
  long enter(long number, const long* arguments) const { return mana_child_wait(number, arguments, incarnation_, &gate().incarnation); }

 private:
  const std::uint32_t incarnation_ = *static_cast<const volatile std::uint32_t*>(&gate().incarnation);
};

/// A restart may lie between the entry of the call and its end: then the new kernel knows of no child, or by another id.
inline long wait_for_child(const long* a) {
  const int wanted = static_cast<int>(a[0]);  // the upper half of the register may be anything
  for (;;) {
    const ChildWait wait;
    if (std::uint64_t child = EndedChildren::tell(wanted, false); child != 0) return waiting::answer(child, a);
    const long target = current_target(wanted);
    int status = 0;
    const long call[6] = {target, arch::word(&status), a[2], a[3], 0, 0};
    const long result = wait.enter(SYS_wait4, call);
    if (result == go_on_after_checkpoint) continue;
    if (result > 0) return waiting::tell_relative(result, status, a);
    if (result != waiting::error_child) return result;
    if (std::uint64_t child = EndedChildren::tell(wanted, false); child != 0) return waiting::answer(child, a);
    if (current_target(wanted) == target) return result;
  }
}

inline long wait_for_child_by_id(const long* a) {
  constexpr long all = 0, by_process = 1, wants_ended = 4 /* WEXITED */, looks_only = 0x01000000 /* WNOWAIT */;
  const int type = static_cast<int>(a[0]), wanted = type == all ? -1 : static_cast<int>(a[1]);
  const bool may_be_ended = (a[3] & wants_ended) != 0 && (type == all || type == by_process);
  const bool look_only = (a[3] & looks_only) != 0;
  for (;;) {
    const ChildWait wait;
    if (std::uint64_t child = may_be_ended ? EndedChildren::tell(wanted, look_only) : 0; child != 0) return waiting::answer_id(child, a);
    const long target = type == by_process ? current_process(wanted) : a[1];
    const long call[6] = {type, target, a[2], a[3], a[4], 0};
    const long result = wait.enter(SYS_waitid, call);
    if (result == go_on_after_checkpoint) continue;
    if (result == 0) waiting::tell_relative_by_id(look_only, a);
    if (result != waiting::error_child) return result;
    if (std::uint64_t child = may_be_ended ? EndedChildren::tell(wanted, look_only) : 0; child != 0) return waiting::answer_id(child, a);
    if (type != by_process || current_process(wanted) == target) return result;
  }
}

}  // namespace mana
