// SPDX-License-Identifier: Apache-2.0
#include "upper_half/cross.hpp"

namespace mana::upper {

extern "C" std::int64_t mana_cross(void* arguments, std::uint64_t index) { return cross(arguments, static_cast<LowerEntry>(index)); }

}  // namespace mana::upper
