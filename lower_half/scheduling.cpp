// SPDX-License-Identifier: Apache-2.0
#include "lower_half/scheduling.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "common/arch.hpp"
#include "lower_half/complain.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

using arch::raw_syscall;
using arch::word;
constexpr int process_only = 0;  // PRIO_PROCESS

struct Processors {
  std::uint64_t words[16] = {};
};

/// What the launcher had given the process before its restart.
Processors former;

Processors given_processors() {
  Processors here;
  raw_syscall(SYS_sched_getaffinity, 0, sizeof here.words, word(here.words));
  return here;
}

void restore_affinity(const ThreadRecord& record) {
  if (std::equal(std::begin(record.affinity), std::end(record.affinity), std::begin(former.words))) return;
  Processors here = given_processors();
  for (int i = 0; i < 16; ++i) {
    if ((record.affinity[i] & ~here.words[i]) == 0) continue;
    say_line(fmt::format("the processors that the program chose for its thread {} are not all given to this rank any more; the thread has all of the rank's",
                         record.name));
    return;
  }
  raw_syscall(SYS_sched_setaffinity, 0, sizeof record.affinity, word(record.affinity));
}

void restore_class(const ThreadRecord& record) {
  sched_param parameter{record.priority};
  if (record.policy != sched_getscheduler(0) && raw_syscall(SYS_sched_setscheduler, 0, record.policy, word(&parameter)) != 0)
    say_line(fmt::format("the scheduling class of thread {} can't be set again (it needs a privilege here)", record.name));
}

void restore_niceness(const ThreadRecord& record) {
  long now = raw_syscall(SYS_getpriority, process_only, 0);
  if (record.niceness != now && raw_syscall(SYS_setpriority, process_only, 0, 20 - record.niceness) != 0)
    say_line(fmt::format("the niceness {} of thread {} can't be set again (it needs a privilege here)", 20 - record.niceness, record.name));
}

}  // namespace

void note_launch_affinity() {
  std::copy(std::begin(window().launch_affinity), std::end(window().launch_affinity), std::begin(former.words));
  Processors here = given_processors();
  std::copy(std::begin(here.words), std::end(here.words), std::begin(window().launch_affinity));
}

void restore_scheduling(const ThreadRecord& record) {
  restore_affinity(record);
  restore_class(record);
  restore_niceness(record);
}

}  // namespace mana::lower
