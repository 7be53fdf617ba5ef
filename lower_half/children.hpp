// SPDX-License-Identifier: Apache-2.0
// Child processes of the program: they are no part of a checkpoint.
#pragma once

#include <string>

namespace mana::lower {

/// "sleep (pid 17), cc1 (pid 20)": children that have not ended; "" if there are none.
std::string living_children();

/// True if a child has a descriptor of the file or device of this name.
bool children_have(const std::string& path);

}  // namespace mana::lower
