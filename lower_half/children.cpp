// SPDX-License-Identifier: Apache-2.0
#include "lower_half/children.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace mana::lower {
namespace {

/// "name (pid N)", or "" for one that has ended and waits to be reaped.
std::string describe_child(int pid) {
  std::ifstream in(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(in, line);
  auto open = line.find('('), close = line.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close + 2 >= line.size() || line[close + 2] == 'Z') return "";
  return fmt::format("{} (pid {})", line.substr(open + 1, close - open - 1), pid);
}

std::vector<int> child_pids() {
  std::vector<int> pids;
  std::error_code ignored;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    std::ifstream in(task.path() / "children");
    for (int pid; in >> pid;) pids.push_back(pid);
  }
  return pids;
}

bool has_open(int pid, const std::string& path) {
  std::error_code ignored;
  for (const auto& fd : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid), ignored))
    if (std::filesystem::read_symlink(fd.path(), ignored) == path) return true;
  return false;
}

}  // namespace

std::string living_children() {
  std::string names;
  for (int pid : child_pids())
    if (std::string child = describe_child(pid); !child.empty()) names += (names.empty() ? "" : ", ") + child;
  return names;
}

bool children_have(const std::string& path) {
  for (int pid : child_pids())
    if (has_open(pid, path)) return true;
  return false;
}

}  // namespace mana::lower
