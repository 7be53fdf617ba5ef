// SPDX-License-Identifier: Apache-2.0
#include "lower_half/process_state.hpp"

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>

#include "common/arch.hpp"
#include "common/thread_record.hpp"
#include "lower_half/advice.hpp"
#include "lower_half/children.hpp"
#include "lower_half/descriptors.hpp"
#include "lower_half/family.hpp"
#include "lower_half/gate_page.hpp"
#include "lower_half/surroundings.hpp"
#include "lower_half/terminals.hpp"
#include "lower_half/timers.hpp"
#include "lower_half/title.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

void install(int signal, KernelSigaction action) { arch::raw_syscall(SYS_rt_sigaction, signal, arch::word(&action), 0, 8); }

/// The program's handlers go through the signal door of the image's resident code.
void restore_dispositions() {
  const WindowState& w = window();
  for (int s = 1; s <= 64; ++s) {
    if (w.action_known[s] == 0 || s == stop_signal || s == static_cast<int>(w.checkpoint_signal)) continue;
    KernelSigaction action = w.actions[s];
    if (action.handler > 1) action.handler = resident().signal_door;
    action.mask &= ~(1ULL << (stop_signal - 1));
    install(s, action);
  }
  const UpperInterface& upper = *gate().upper;
  install(stop_signal, {upper.stop_signal_handler, SA_SIGINFO | SA_RESTART | 0x04000000 /* SA_RESTORER */, upper.stop_signal_restorer, ~0ULL});
}

/// Signals that the kernel ignores, a bit each, also those that the program was started with.
std::uint64_t ignored_signals() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("SigIgn:")) return std::strtoull(line.c_str() + 7, nullptr, 16);
  return 0;
}

/// A member of a family was started by a process that ignored some; a rank is started by whoever restarts it.
void restore_inherited_dispositions(std::uint64_t ignored) {
  constexpr std::uint64_t ignore = 1;
  const WindowState& w = window();
  for (int s = 1; s <= 64; ++s)
    if (w.action_known[s] == 0 && s != stop_signal && s != static_cast<int>(w.checkpoint_signal))
      install(s, {(ignored >> (s - 1) & 1) != 0 ? ignore : 0, 0, 0, 0});
}

/// CLOCK_MONOTONIC, for the waits that go on after a restart.
std::int64_t clock_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

}  // namespace

json describe_process() {
  return {{"surroundings", describe_surroundings()},
          {"advice", describe_advice()},
          {"contract", entry_fingerprint()},
          {"executable", window().executable},
          {"monotonic_ns", clock_ns()},
          {"timers", describe_timers()},
          {"ignored", ignored_signals()},
          {"pending", describe_pending_signals()},
          {"thread_signals", describe_thread_signals()},
          {"fds", describe_descriptors()},
          {"children", describe_children()},
          {"family", describe_family()},
          {"terminal", describe_own_terminal()}};
}

void restore_process(const json& described) {
  advise_again(described["advice"]);
  reopen_descriptors(described["fds"]);
  restore_surroundings(described["surroundings"]);
  if (is_member()) restore_inherited_dispositions(described["ignored"]);
  restore_dispositions();
  window().time_lost_ns = window().time_lost_ns + clock_ns() - described["monotonic_ns"].get<std::int64_t>();
  send_pending_signals_again(described["pending"]);
  bury_children(described["children"]);
  restore_own_terminal(described["terminal"]);
  show_program_arguments();
}

void restart_timers(const json& described) { start_timers_again(described["timers"]); }

}  // namespace mana::lower
