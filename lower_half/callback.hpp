// SPDX-License-Identifier: Apache-2.0
// The door the other way: upper-half code (reduction operators) called from inside the real MPI.
#pragma once

#include <cstdint>

namespace mana::lower {

/// Runs `function(arguments)` of the upper half with the upper FS base, on the current lower stack. Call from a lower
/// entry, on a thread that has crossed; the callback may cross again. No checkpoint happens meanwhile.
std::int64_t call_upper(std::int64_t (*function)(void*), void* arguments);

}  // namespace mana::lower
