// SPDX-License-Identifier: Apache-2.0
#include "lower_half/process_state.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

#include "common/arch.hpp"
#include "common/thread_record.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/descriptors.hpp"
#include "lower_half/gate_page.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

std::string current_directory() {
  char path[4096];
  return getcwd(path, sizeof path) != nullptr ? path : "";
}

void return_to_directory(const std::string& path) {
  if (!path.empty() && chdir(path.c_str()) != 0) complain("the program's working directory {} can't be entered: {}; make it available and restart", path, std::strerror(errno));
}

void install(int signal, KernelSigaction action) {
  arch::raw_syscall(SYS_rt_sigaction, signal, arch::word(&action), 0, 8);
}

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

}  // namespace

json describe_process() {
  mode_t mask = umask(0);
  umask(mask);
  return {{"cwd", current_directory()},
          {"umask", mask},
          {"contract", entry_fingerprint()},
          {"executable", window().executable},
          {"fds", describe_descriptors()}};
}

void restore_process(const json& described) {
  umask(described["umask"].get<mode_t>());
  return_to_directory(described["cwd"]);
  reopen_descriptors(described["fds"]);
  restore_dispositions();
}

}  // namespace mana::lower
