// SPDX-License-Identifier: Apache-2.0
// Places where a test breaks something: a thread of the lower half that comes to the place named in its environment says so with a
// file and waits until the test has done its harm. Without the variable a fault point costs one look at a flag.
#pragma once

namespace mana {

/// MANA_FAULT_POINT="NAME[:RANK] FILE": the first time the process (of that rank) comes here while FILE.armed exists, it makes
/// FILE.<rank> and waits until FILE.go exists, for a minute at most. Names: those of the phases (common/phases.hpp), at their begin; `written`, an image is complete
/// but not yet in place; `committed`, the generation counts but nobody knows it.
void fault_point(const char* name, int rank);

}  // namespace mana
