// SPDX-License-Identifier: Apache-2.0
// Fills upper::AbiHooks for the ABI whose abi.hpp has been included.
#pragma once

#include "upper_half/objects.hpp"

namespace mana::shell {

template <class Handle>
std::uint64_t widened(Handle handle) {
  if constexpr (sizeof(Handle) == sizeof(int))
    return static_cast<std::uint32_t>(handle);
  else
    return reinterpret_cast<std::uint64_t>(handle);
}

inline std::uint64_t app_handle(const Object* object) { return widened(handle_of(object)); }

}  // namespace mana::shell
