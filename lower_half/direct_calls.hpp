// SPDX-License-Identifier: Apache-2.0
// Calls of this shared object into the real MPI without an indirect branch.
#pragma once

namespace mana::lower {

/// Rewrites the object's own `call *slot(%rip)` and `jmp *slot(%rip)` (what -fno-plt makes of calls to other objects) into
/// direct calls and jumps where the target lies within 2 GiB. Behind the change of the FS base each of them costs 7 ns as
/// it was (lower_half/door.hpp). Returns how many it rewrote; none where the kernel does not allow text to be changed,
/// which costs time and nothing else. Call once, before there are other threads.
int make_calls_direct();

}  // namespace mana::lower
