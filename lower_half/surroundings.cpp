// SPDX-License-Identifier: Apache-2.0
#include "lower_half/surroundings.hpp"

#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "lower_half/complain.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

/// The directory as text; one that was deleted has " (deleted)" behind it.
std::string current_directory() {
  char path[4096];
  ssize_t n = readlink("/proc/self/cwd", path, sizeof path);
  return n > 0 ? std::string(path, static_cast<std::size_t>(n)) : "";
}

/// A new directory in the place of one that had been deleted, deleted as well.
void enter_deleted_directory(const std::string& path) {
  for (std::string parent : {path.substr(0, path.rfind('/') + 1), std::string("/tmp/")}) {
    std::string made = parent + ".mana-deleted-XXXXXX";
    if (mkdtemp(made.data()) == nullptr) continue;
    if (chdir(made.c_str()) == 0 && rmdir(made.c_str()) == 0) return;
  }
  say_line(fmt::format("the program's working directory {} had been deleted and can't be made again: {}", path, std::strerror(errno)));
}

void return_to_directory(const std::string& path) {
  constexpr std::string_view deleted = " (deleted)";
  struct stat facts {};
  if (path.ends_with(deleted) && stat(path.c_str(), &facts) != 0) return enter_deleted_directory(path.substr(0, path.size() - deleted.size()));
  if (!path.empty() && chdir(path.c_str()) != 0)
    complain("the program's working directory {} can't be entered: {}; make it available and restart", path, std::strerror(errno));
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

/// The main thread's; the caller is another thread of the process.
bool has_no_new_privileges() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.rfind("NoNewPrivs:", 0) == 0) return line.find('1') != std::string::npos;
  return false;
}

unsigned long personality_of_process() {
  std::ifstream in("/proc/self/personality");
  unsigned long value = 0;
  in >> std::hex >> value;
  return value;
}

int is_subreaper() {
  int value = 0;
  prctl(PR_GET_CHILD_SUBREAPER, &value);
  return value;
}

constexpr int of_process = 1;  // IOPRIO_WHO_PROCESS

}  // namespace

json describe_surroundings() {
  mode_t mask = umask(0);
  umask(mask);
  return {{"cwd", current_directory()},         {"umask", mask},
          {"limits", describe_limits()},        {"personality", personality_of_process()},
          {"dumpable", prctl(PR_GET_DUMPABLE)}, {"no_new_privileges", has_no_new_privileges()},
          {"subreaper", is_subreaper()},        {"io_priority", syscall(SYS_ioprio_get, of_process, getpid())}};
}

void restore_surroundings(const json& described) {
  umask(described["umask"].get<mode_t>());
  return_to_directory(described["cwd"]);
  restore_limits(described["limits"]);
  personality(described["personality"].get<unsigned long>());
  prctl(PR_SET_CHILD_SUBREAPER, described["subreaper"].get<int>());
  if (described["no_new_privileges"].get<bool>()) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (long priority = described["io_priority"]; priority > 0 && syscall(SYS_ioprio_set, of_process, getpid(), priority) != 0)
    say_line("the program's I/O priority can't be set again (it needs a privilege here)");
  if (int dumpable = described["dumpable"]; dumpable != prctl(PR_GET_DUMPABLE)) prctl(PR_SET_DUMPABLE, dumpable);
}

}  // namespace mana::lower
