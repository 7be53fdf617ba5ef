// SPDX-License-Identifier: Apache-2.0
#include "lower_half/children.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "common/arch.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/family.hpp"
#include "lower_half/proc_stat.hpp"
#include "upper_half/resident/thread_ids.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

/// But those that are part of the checkpoint themselves.
std::vector<int> child_pids() {
  std::vector<int> pids = children_of(getpid());
  std::erase_if(pids, is_followed);
  return pids;
}

bool has_open(int pid, const std::string& path) {
  std::error_code ignored;
  for (const auto& fd : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid), ignored))
    if (std::filesystem::read_symlink(fd.path(), ignored) == path) return true;
  return false;
}

/// As wait(2) tells it.
int status_of(const siginfo_t& info) {
  constexpr int dumped = 0x80;
  if (info.si_code == CLD_EXITED) return (info.si_status & 0xff) << 8;
  return info.si_status | (info.si_code == CLD_DUMPED ? dumped : 0);
}

/// False if the program has told the kernel that it never waits.
bool waits_for_children() {
  const WindowState& w = window();
  return w.action_known[SIGCHLD] == 0 || ((w.actions[SIGCHLD].flags & SA_NOCLDWAIT) == 0 && w.actions[SIGCHLD].handler != 1 /* SIG_IGN */);
}

bool note_ended(int pid, int status) {
  for (auto& slot : window().ended_children) {
    if (slot != 0) continue;
    slot = EndedChild::pack(pid, status);
    return true;
  }
  return false;
}

}  // namespace

std::string describe_child(int pid) {
  const ProcStat stat(fmt::format("/proc/{}", pid));
  return stat.state() == 0 || stat.state() == 'Z' ? "" : fmt::format("{} (pid {})", stat.name(), pid);
}

std::vector<int> children_of(int pid) {
  std::vector<int> pids;
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), ignored)) {
    std::ifstream in(task.path() / "children");
    for (int child; in >> child;) pids.push_back(child);
  }
  return pids;
}

std::string living_children() {
  std::string names;
  for (int pid : child_pids())
    if (std::string child = describe_child(pid); !child.empty()) names += (names.empty() ? "" : ", ") + child;
  return names;
}

json describe_children() {
  json described = json::array();
  for (int pid : child_pids()) {
    siginfo_t info{};
    bool ended = waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
    described.push_back({{"pid", known_process(pid)}, {"status", ended ? status_of(info) : SIGKILL}, {"lives", !ended}});
  }
  return described;
}

void bury_children(const json& described) {
  if (!waits_for_children()) return;
  for (const json& child : described) {
    int pid = child["pid"], status = child["status"];
    if (!note_ended(pid, status)) return say_line("the program had more children than can be told of; waits for some of them fail with ECHILD");
    siginfo_t info{};
    info.si_signo = SIGCHLD;
    info.si_code = CLD_KILLED;
    info.si_pid = pid;
    info.si_status = SIGKILL;
    info.si_uid = getuid();
    if (child["lives"].get<bool>()) arch::raw_syscall(SYS_rt_sigqueueinfo, getpid(), SIGCHLD, arch::word(&info));
  }
}

bool children_have(const std::string& path) {
  for (int pid : child_pids())
    if (has_open(pid, path)) return true;
  return false;
}

}  // namespace mana::lower
