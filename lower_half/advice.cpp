// SPDX-License-Identifier: Apache-2.0
#include "lower_half/advice.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lower_half/complain.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

constexpr int locked = -1;

/// VmFlags of /proc/PID/smaps (proc(5)) and how each is set.
constexpr struct {
  const char* flag;
  int advice;
} kept[] = {{"lo", locked},          {"hg", MADV_HUGEPAGE}, {"nh", MADV_NOHUGEPAGE}, {"dd", MADV_DONTDUMP}, {"dc", MADV_DONTFORK},
            {"wf", MADV_WIPEONFORK}, {"rr", MADV_RANDOM},   {"sr", MADV_SEQUENTIAL}, {"mg", MADV_MERGEABLE}};

bool some_memory_is_locked() {
  std::ifstream in("/proc/self/status");
  long kilobytes = 0;
  for (std::string line; std::getline(in, line);)
    if (std::sscanf(line.c_str(), "VmLck: %ld", &kilobytes) == 1) break;
  return kilobytes > 0;
}

/// The flags of one line that are kept.
json flags_of(const std::string& line) {
  json found = json::array();
  std::stringstream words(line);
  for (std::string word; words >> word;)
    for (const auto& k : kept)
      if (word == k.flag) found.push_back(word);
  return found;
}

int set_flag(const std::string& flag, void* at, std::size_t bytes) {
  for (const auto& k : kept)
    if (flag == k.flag) return k.advice == locked ? mlock(at, bytes) : madvise(at, bytes, k.advice);
  return 0;
}

}  // namespace

json describe_advice() {
  json described = json::array();
  if (window().advised == 0 && !some_memory_is_locked()) return described;
  std::ifstream in("/proc/self/smaps");
  std::uint64_t start = 0, end = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("VmFlags:", 0) != 0) {
      unsigned long from = 0, to = 0;
      char after = 0;
      if (std::sscanf(line.c_str(), "%lx-%lx%c", &from, &to, &after) == 3 && after == ' ') start = from, end = to;
      continue;
    }
    if (start < window_begin || end > window_end) continue;
    if (json flags = flags_of(line); !flags.empty()) described.push_back({start, end, flags});
  }
  return described;
}

void advise_again(const json& described) {
  for (const json& entry : described) {
    auto start = entry[0].get<std::uint64_t>();
    for (const json& flag : entry[2])
      if (set_flag(flag, reinterpret_cast<void*>(start), entry[1].get<std::uint64_t>() - start) != 0)
        say_line(fmt::format("memory at {:#x} can't be {} again: {}", start, flag == "lo" ? "locked" : "given its advice (" + flag.get<std::string>() + ")",
                             std::strerror(errno)));
  }
}

}  // namespace mana::lower
