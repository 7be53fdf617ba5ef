// SPDX-License-Identifier: Apache-2.0
#include "lower_half/stopping.hpp"

#include <fmt/format.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <time.h>
#include <unistd.h>

#include "common/arch.hpp"
#include "common/thread_record.hpp"
#include "lower_half/list_lock.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

void signal_thread(const ThreadRecord& record) { arch::raw_syscall(SYS_tgkill, getpid(), record.tid, stop_signal); }

bool still_runs(int tid) { return access(fmt::format("/proc/self/task/{}", tid).c_str(), F_OK) == 0; }

bool leaving_threads_gone(UpperInterface& upper) {
  bool gone = true;
  for (auto& tid : upper.leaving) {
    if (tid == 0) continue;
    if (still_runs(tid))
      gone = false;
    else
      tid = 0;
  }
  return gone;
}

}  // namespace

void announce_request(std::uint32_t request) {
  static const long registered = arch::raw_syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
  (void)registered;
  gate().drained = 0;
  gate().all_stopped = 0;
  gate().at_line = 0;
  gate().targets_known = 0;
  gate().pending = request;
  // Wrappers count first and look at `pending` afterwards without a fence; this is their fence.
  if (arch::raw_syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0) arch::raw_syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

void stop_upper_threads() {
  gate().stop = 1;
  UpperInterface& upper = *gate().upper;
  ListLock lock(upper);
  for (ThreadRecord* record = upper.threads; record != nullptr; record = record->next) signal_thread(*record);
}

void remind_upper_threads(UpperInterface& upper) {
  constexpr std::int64_t every_ns = 5'000'000;
  static std::int64_t last = 0;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  std::int64_t now_ns = now.tv_sec * 1'000'000'000 + now.tv_nsec;
  if (now_ns - last < every_ns) return;
  last = now_ns;
  for (ThreadRecord* record = upper.threads; record != nullptr; record = record->next)
    if (record->place == 0) signal_thread(*record);
}

bool upper_threads_parked(std::string* why, bool with_draining_thread) {
  UpperInterface& upper = *gate().upper;
  ListLock lock(upper);
  if (upper.threads_starting != 0 || !leaving_threads_gone(upper)) {
    if (why != nullptr) *why = "a thread is just starting or ending";
    return false;
  }
  std::uint32_t round = gate().resume + 1;
  bool all = true;
  for (ThreadRecord* record = upper.threads; record != nullptr; record = record->next) {
    if (record->parked_round == round && record->parked_deep == round) continue;
    if (record->drains == round && !with_draining_thread) continue;
    all = false;
    if (record->place == 0) signal_thread(*record);
    if (why != nullptr)
      *why = fmt::format("thread {} ({}) has not stopped{}{}", record->tid, record->name, record->call != nullptr ? ", it is in " : "",
                         record->call != nullptr ? record->call : "");
  }
  return all;
}

void resume_upper_threads() {
  gate().pending = 0;
  gate().stop = 0;
  if (gate().drained == 0) gate().drained = 2;
  __atomic_fetch_add(&gate().resume, 1, __ATOMIC_SEQ_CST);
  arch::raw_syscall(SYS_futex, arch::word(&gate().resume), FUTEX_WAKE_PRIVATE, 1 << 30);
}

}  // namespace mana::lower
