// SPDX-License-Identifier: Apache-2.0
#include "lower_half/title.hpp"

#include <linux/prctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <string>

#include "lower_half/options.hpp"
#include "lower_half/proc_stat.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {

void name_main_thread() {
  const std::string& path = options().application;
  prctl(PR_SET_NAME, path.c_str() + path.rfind('/') + 1);
}

void show_program_arguments() {
  const ProcStat facts("/proc/self");
  if (facts.number(51) == 0) return;  // a kernel that tells too little
  prctl_mm_map map{};
  map.start_code = facts.number(26);
  map.end_code = facts.number(27);
  map.start_stack = facts.number(28);
  map.start_data = facts.number(45);
  map.end_data = facts.number(46);
  map.start_brk = facts.number(47);
  map.brk = reinterpret_cast<std::uint64_t>(sbrk(0));
  map.arg_start = window().arguments_begin;
  map.arg_end = window().arguments_end;
  map.env_start = facts.number(50);
  map.env_end = facts.number(51);
  map.exe_fd = static_cast<std::uint32_t>(-1);
  prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0);
}

}  // namespace mana::lower
