// SPDX-License-Identifier: Apache-2.0
// Child processes of the program: they are no part of a checkpoint.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mana::lower {

/// "sleep (pid 17), cc1 (pid 20)": children that have not ended; "" if there are none.
std::string living_children();

/// [{pid, status, lives}] of every child: how it has ended, or that it was killed, for that is what it reads as after a restart. Agent thread.
nlohmann::json describe_children();

/// Restart, main thread: the program's waits tell of these children, and SIGCHLD comes for those that lived.
void bury_children(const nlohmann::json& described);

/// True if a child has a descriptor of the file or device of this name.
bool children_have(const std::string& path);

}  // namespace mana::lower
