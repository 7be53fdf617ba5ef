// SPDX-License-Identifier: Apache-2.0
// One crossing into a hand-written lower entry.
#pragma once

#include "gen/lower_index.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {

[[gnu::always_inline]] inline std::int64_t cross(void* arguments, LowerEntry entry) {
  return mana_cross(arguments, static_cast<std::uint64_t>(entry));
}

}  // namespace mana::upper
