// SPDX-License-Identifier: Apache-2.0
// The wait functions. Children don't outlive a restart: how those of before have ended, or that they were killed by it, is told from
// WindowState::ended_children, as the kernel would have told it. libc's own waits (system, pclose) do not come here.
#include <dlfcn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "upper_half/resident/window.hpp"
#include "upper_half/threads.hpp"

namespace mana::upper {
namespace {

struct Found {
  pid_t pid = 0;  // 0: none
  int status = 0;
};

bool is_wanted(pid_t wanted, pid_t pid) { return wanted == pid || wanted == -1 || wanted == 0; }

/// A child of before a restart that is still to be told of; it is told once, unless it is only looked at.
Found ended_child(pid_t wanted, bool look_only) {
  if (in_forked_child()) return {};
  for (auto& slot : window().ended_children) {
    std::uint64_t packed = slot;
    Found found{EndedChild::pid(packed), EndedChild::status(packed)};
    if (packed == 0 || !is_wanted(wanted, found.pid)) continue;
    if (look_only || __atomic_compare_exchange_n(&slot, &packed, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) return found;
  }
  return {};
}

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

pid_t wait_for(pid_t wanted, int* status, int options, rusage* usage) {
  static const auto real_wait4 = real<pid_t (*)(pid_t, int*, int, rusage*)>("wait4");
  Found found = ended_child(wanted, false);
  if (found.pid == 0) {
    pid_t result = real_wait4(wanted, status, options, usage);
    if (result >= 0 || errno != ECHILD) return result;
    found = ended_child(wanted, false);  // a restart may lie in between
    if (found.pid == 0) {
      errno = ECHILD;
      return -1;
    }
  }
  if (status != nullptr) *status = found.status;
  if (usage != nullptr) std::memset(usage, 0, sizeof *usage);
  return found.pid;
}

void tell(const Found& found, siginfo_t* info) {
  if (info == nullptr) return;
  std::memset(info, 0, sizeof *info);
  info->si_signo = SIGCHLD;
  info->si_code = WIFEXITED(found.status) ? CLD_EXITED : WCOREDUMP(found.status) ? CLD_DUMPED : CLD_KILLED;
  info->si_pid = found.pid;
  info->si_uid = getuid();
  info->si_status = WIFEXITED(found.status) ? WEXITSTATUS(found.status) : WTERMSIG(found.status);
}

/// True if a child of before a restart answers the call.
bool told_by_ended(idtype_t type, id_t id, siginfo_t* info, int options) {
  if ((options & WEXITED) == 0 || (type != P_ALL && type != P_PID)) return false;
  Found found = ended_child(type == P_ALL ? -1 : static_cast<pid_t>(id), (options & WNOWAIT) != 0);
  if (found.pid != 0) tell(found, info);
  return found.pid != 0;
}

}  // namespace

extern "C" {

[[gnu::visibility("default")]] pid_t wait4(pid_t wanted, int* status, int options, rusage* usage) { return wait_for(wanted, status, options, usage); }
[[gnu::visibility("default")]] pid_t waitpid(pid_t wanted, int* status, int options) { return wait_for(wanted, status, options, nullptr); }
[[gnu::visibility("default")]] pid_t wait3(int* status, int options, rusage* usage) { return wait_for(-1, status, options, usage); }
[[gnu::visibility("default")]] pid_t wait(int* status) { return wait_for(-1, status, 0, nullptr); }

[[gnu::visibility("default")]] int waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
  static const auto real_waitid = real<int (*)(idtype_t, id_t, siginfo_t*, int)>("waitid");
  if (told_by_ended(type, id, info, options)) return 0;
  int result = real_waitid(type, id, info, options);
  if (result == 0 || errno != ECHILD) return result;
  if (told_by_ended(type, id, info, options)) return 0;
  errno = ECHILD;
  return -1;
}

}  // extern "C"

}  // namespace mana::upper
