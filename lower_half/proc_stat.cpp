// SPDX-License-Identifier: Apache-2.0
#include "lower_half/proc_stat.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace mana::lower {

ProcStat::ProcStat(const std::string& directory) {
  std::ifstream in(directory + "/stat");
  std::string line, field;
  std::getline(in, line);
  auto open = line.find('('), close = line.rfind(')');  // a name may have blanks and parentheses of its own
  if (open == std::string::npos || close == std::string::npos) return;
  name_ = line.substr(open + 1, close - open - 1);
  std::istringstream fields(line.substr(close + 1));
  while (fields >> field) fields_.push_back(field);
}

std::uint64_t ProcStat::number(std::size_t field) const {
  constexpr std::size_t first = 3;
  return field - first < fields_.size() ? std::strtoull(fields_[field - first].c_str(), nullptr, 10) : 0;
}

}  // namespace mana::lower
