// SPDX-License-Identifier: Apache-2.0
#include "lower_half/title.hpp"

#include <linux/prctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <string>

#include "lower_half/options.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

/// The fields of /proc/self/stat by their numbers in proc_pid_stat(5), from the 3rd on; the 3rd, a letter, reads as 0.
std::array<std::uint64_t, 53> process_facts() {
  std::array<std::uint64_t, 53> facts{};
  std::ifstream in("/proc/self/stat");
  std::string line, field;
  std::getline(in, line);
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  for (std::size_t i = 3; i < facts.size() && fields >> field; ++i) facts[i] = std::strtoull(field.c_str(), nullptr, 10);
  return facts;
}

}  // namespace

void name_main_thread() {
  const std::string& path = options().application;
  prctl(PR_SET_NAME, path.c_str() + path.rfind('/') + 1);
}

void show_program_arguments() {
  const auto facts = process_facts();
  if (facts[51] == 0) return;  // a kernel that tells too little
  prctl_mm_map map{};
  map.start_code = facts[26];
  map.end_code = facts[27];
  map.start_stack = facts[28];
  map.start_data = facts[45];
  map.end_data = facts[46];
  map.start_brk = facts[47];
  map.brk = reinterpret_cast<std::uint64_t>(sbrk(0));
  map.arg_start = window().arguments_begin;
  map.arg_end = window().arguments_end;
  map.env_start = facts[50];
  map.env_end = facts[51];
  map.exe_fd = static_cast<std::uint32_t>(-1);
  prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0);
}

}  // namespace mana::lower
