// SPDX-License-Identifier: Apache-2.0
// What the program has told the kernel about its memory: locked (mlock), and advice that lasts (madvise).
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace mana::lower {

nlohmann::json describe_advice();
/// Restart: after the memory is back.
void advise_again(const nlohmann::json& described);

}  // namespace mana::lower
