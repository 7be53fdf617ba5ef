// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace mana::upper {

/// Rewrites this library's `call *slot` through the gate into direct calls of the door table, where that is within reach: an indirect
/// branch costs 7 ns on many machines. Returns how many it rewrote; none where the kernel does not allow text to be changed. Call once, before there are other threads.
int make_crossings_direct();

}  // namespace mana::upper
