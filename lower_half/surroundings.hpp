// SPDX-License-Identifier: Apache-2.0
// What surrounds a process: working directory, umask, limits, personality and what prctl(2) sets for a whole process.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace mana::lower {

nlohmann::json describe_surroundings();
/// Restart: on the main thread, before any other thread of the program is made; they inherit.
void restore_surroundings(const nlohmann::json& described);

}  // namespace mana::lower
