// SPDX-License-Identifier: Apache-2.0
// What the kernel tells of a process or thread in its file `stat`, see proc_pid_stat(5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mana::lower {

class ProcStat {
 public:
  /// `directory`: "/proc/self", "/proc/12", "/proc/self/task/13".
  explicit ProcStat(const std::string& directory);
  /// 'R', 'S', 'Z' …; 0: there is none.
  char state() const { return fields_.empty() ? '\0' : fields_[0][0]; }
  const std::string& name() const { return name_; }
  /// A field from the 4th on by its number in the manual; 0 where the kernel tells less.
  std::uint64_t number(std::size_t field) const;

 private:
  std::string name_;
  std::vector<std::string> fields_;  ///< from the 3rd, the state, on
};

}  // namespace mana::lower
