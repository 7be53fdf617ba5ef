// SPDX-License-Identifier: Apache-2.0
#include "lower_half/stray_threads.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/thread_record.hpp"
#include "lower_half/list_lock.hpp"

namespace mana::lower {
namespace {

constexpr int patience_ms = 3000, look_every_ms = 20;

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

std::string stray_threads() {
  std::string names;
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    int tid = std::atoi(task.path().filename().c_str());
    if (tid == gettid() || has_record(tid)) continue;
    std::uint64_t stack = stack_of(tid);
    if (stack >= window_begin && stack < window_end) names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", tid, name_of(tid));
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
