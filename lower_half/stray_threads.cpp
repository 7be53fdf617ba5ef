// SPDX-License-Identifier: Apache-2.0
#include "lower_half/stray_threads.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/arch.hpp"
#include "common/thread_record.hpp"
#include "lower_half/list_lock.hpp"
#include "lower_half/proc_stat.hpp"

namespace mana::lower {
namespace {

constexpr int patience_ms = 3000, look_every_ms = 5;

bool has_record(int tid) {
  UpperInterface& upper = *gate().upper;
  ListLock lock(upper);
  for (const ThreadRecord* record = upper.threads; record != nullptr; record = record->next)
    if (record->tid == tid) return true;
  return false;
}

/// The stack pointer of a thread that waits in the kernel; 0: it runs.
std::uint64_t stack_of(int tid) {
  std::ifstream in(fmt::format("/proc/self/task/{}/syscall", tid));
  std::string before, last;  // "NUMBER ARGUMENTS… STACK PROGRAM"
  for (std::string word; in >> word; last = word) before = last;
  return before.empty() ? 0 : std::strtoull(before.c_str(), nullptr, 16);
}

std::string name_of(int tid) {
  std::ifstream in(fmt::format("/proc/self/task/{}/comm", tid));
  std::string name;
  std::getline(in, name);
  return name;
}

/// A main thread that has ended by pthread_exit stays in the kernel's list.
bool has_ended(int tid) {
  const char state = ProcStat(fmt::format("/proc/self/task/{}", tid)).state();
  return state == 0 || state == 'Z' || state == 'X';
}

bool in_the_window(std::uint64_t address) { return address >= window_begin && address < window_end; }

/// True for threads of the upper half, and for those of which that can't be told yet: they have just begun or are about to end. Libc tells the
/// kernel of a list in each thread's own memory as soon as it runs; threads by clone(2) have none and are known by their stack.
bool is_upper(int tid) {
  std::uint64_t list = 0, bytes = 0;
  if (arch::raw_syscall(SYS_get_robust_list, tid, arch::word(&list), arch::word(&bytes)) == 0 && list != 0) return in_the_window(list);
  std::uint64_t stack = stack_of(tid);
  return stack == 0 ? !has_ended(tid) : in_the_window(stack);
}

std::string stray_threads() {
  std::string names;
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    int tid = std::atoi(task.path().filename().c_str());
    if (tid != gettid() && !has_record(tid) && is_upper(tid)) names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", tid, name_of(tid));
  }
  return names;
}

}  // namespace

std::string threads_that_stay() {
  std::string names = stray_threads();
  for (int waited = 0; !names.empty() && waited < patience_ms; waited += look_every_ms) {
    usleep(look_every_ms * 1000);
    names = stray_threads();
  }
  return names;
}

}  // namespace mana::lower
