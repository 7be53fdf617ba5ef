// SPDX-License-Identifier: Apache-2.0
// Child processes of the program that are no part of a checkpoint; those that are: family.hpp.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace mana::lower {

/// The kernel's list, also of those that have ended and wait to be reaped. It may miss one while another is ending.
std::vector<int> children_of(int pid);

/// "sleep (pid 17), cc1 (pid 20)": children that have not ended; "" if there are none.
std::string living_children();
/// "name (pid N)", or "" for one that has ended and waits to be reaped.
std::string describe_child(int pid);

/// [{pid, status, lives}] of every child, by the id that the program knows it by: how it has ended, or that it was killed, for that is what it reads as after a restart. Agent thread.
nlohmann::json describe_children();

/// Restart, main thread: the program's waits tell of these children, and SIGCHLD comes for those that lived.
void bury_children(const nlohmann::json& described);

/// True if a child has a descriptor of the file or device of this name.
bool children_have(const std::string& path);

}  // namespace mana::lower
