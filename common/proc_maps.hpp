// SPDX-License-Identifier: Apache-2.0
// Reading /proc/PID/maps: which mapping lies where. Accepts any bytes; a line that is not of the kernel's form is an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.hpp"

namespace mana {

/// One line of /proc/PID/maps (proc(5)).
struct Mapping {
  std::uintptr_t start = 0, end = 0;  ///< [start, end)
  int prot = 0;                       ///< PROT_READ | PROT_WRITE | PROT_EXEC
  bool shared = false;
  std::uint64_t offset = 0;  ///< in the file
  std::uint32_t device_major = 0, device_minor = 0;
  std::uint64_t inode = 0;  ///< 0: no file
  std::string name;         ///< path, "[heap]", … with the kernel's \012 undone; may end in " (deleted)"

  std::size_t bytes() const { return end - start; }
  bool deleted() const { return name.ends_with(" (deleted)"); }
};

Result<std::vector<Mapping>> parse_proc_maps(std::string_view text);
Result<std::vector<Mapping>> read_proc_maps();  ///< of the calling process

}  // namespace mana
