// SPDX-License-Identifier: Apache-2.0
#include "lower_half/process_state.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <iterator>

#include "common/arch.hpp"
#include "common/thread_record.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/descriptors.hpp"
#include "lower_half/gate_page.hpp"
#include "lower_half/timers.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

std::string current_directory() {
  char path[4096];
  return getcwd(path, sizeof path) != nullptr ? path : "";
}

void return_to_directory(const std::string& path) {
  if (!path.empty() && chdir(path.c_str()) != 0)
    complain("the program's working directory {} can't be entered: {}; make it available and restart", path,
             std::strerror(errno));
}

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
  install(stop_signal,
          {upper.stop_signal_handler, SA_SIGINFO | SA_RESTART | 0x04000000 /* SA_RESTORER */, upper.stop_signal_restorer, ~0ULL});
}

/// CLOCK_MONOTONIC, for the waits that go on after a restart.
std::int64_t clock_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

constexpr __rlimit_resource kept_limits[] = {RLIMIT_CORE, RLIMIT_CPU, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_STACK};

json describe_limits() {
  json limits = json::array();
  for (auto resource : kept_limits) {
    rlimit limit{};
    getrlimit(resource, &limit);
    limits.push_back(static_cast<std::uint64_t>(limit.rlim_cur));
  }
  return limits;
}

/// The soft limits as the program had them, within the hard limits of where it is now.
void restore_limits(const json& limits) {
  for (std::size_t i = 0; i < std::size(kept_limits) && i < limits.size(); ++i) {
    rlimit limit{};
    getrlimit(kept_limits[i], &limit);
    limit.rlim_cur = std::min<rlim_t>(limits[i].get<std::uint64_t>(), limit.rlim_max);
    setrlimit(kept_limits[i], &limit);
  }
}

/// A niceness below the present one needs a privilege; then the present one stays.
void restore_niceness(int wanted) {
  if (wanted != getpriority(PRIO_PROCESS, 0) && setpriority(PRIO_PROCESS, 0, wanted) != 0)
    say_line(fmt::format("the program's niceness {} can't be set again: {}", wanted, std::strerror(errno)));
}

}  // namespace

json describe_process() {
  mode_t mask = umask(0);
  umask(mask);
  return {{"cwd", current_directory()},
          {"umask", mask},
          {"contract", entry_fingerprint()},
          {"executable", window().executable},
          {"monotonic_ns", clock_ns()},
          {"timers", describe_timers()},
          {"pending", describe_pending_signals()},
          {"thread_signals", describe_thread_signals()},
          {"limits", describe_limits()},
          {"nice", getpriority(PRIO_PROCESS, static_cast<id_t>(getpid()))},
          {"fds", describe_descriptors()}};
}

void restore_process(const json& described) {
  umask(described["umask"].get<mode_t>());
  return_to_directory(described["cwd"]);
  reopen_descriptors(described["fds"]);
  restore_dispositions();
  restore_limits(described["limits"]);
  restore_niceness(described["nice"]);
  window().time_lost_ns = window().time_lost_ns + clock_ns() - described["monotonic_ns"].get<std::int64_t>();
  send_pending_signals_again(described["pending"]);
}

void restart_timers(const json& described) { start_timers_again(described["timers"]); }

}  // namespace mana::lower
