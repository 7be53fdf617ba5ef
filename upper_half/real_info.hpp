// SPDX-License-Identifier: Apache-2.0
// Info objects of the real MPI for the time of one call, both ways. Use inside a WrapperScope.
#pragma once

#include "gen/lower_calls.hpp"
#include "upper_half/info.hpp"
#include "upper_half/rebuild.hpp"

namespace mana::upper {

/// The real info with our entries; the real MPI_INFO_NULL when there are none. Entries that it refuses are left out, for
/// hints are never required (MPI 4.1 §10).
class RealInfo {
 public:
  explicit RealInfo(const Info* info) : bits_(real_predefined(mpi::INFO_NULL)) {
    if (!usable(info) || info->entries.empty() || lower_call::info_create(&bits_) != 0) return;
    made_ = true;
    for (const Info::Entry& e : info->entries) lower_call::info_set(bits_, e.key.c_str(), e.value.c_str());
  }
  ~RealInfo() {
    if (made_) lower_call::info_free(&bits_);
  }
  RealInfo(const RealInfo&) = delete;
  std::uint64_t bits() const { return bits_; }

 private:
  std::uint64_t bits_;
  bool made_ = false;
};

/// Our copy of a real info, which it frees.
inline Info* take_real_info(std::uint64_t bits) {
  constexpr int longest = 1024;
  Info* info = copy_info(nullptr);
  int count = 0;
  lower_call::info_get_nkeys(bits, &count);
  for (int i = 0; i < count; ++i) {
    char key[longest + 1], value[longest + 1];
    int found = 0;
    if (lower_call::info_get_nthkey(bits, i, key) != 0) continue;
    if (lower_call::info_get(bits, key, longest, value, &found) == 0 && found != 0) info->set(key, value);
  }
  lower_call::info_free(&bits);
  return info;
}

}  // namespace mana::upper
