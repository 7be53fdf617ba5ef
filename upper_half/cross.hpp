// SPDX-License-Identifier: Apache-2.0
// The one way into the lower half: through the entry's door in the gate page (lower_half/door.hpp), which changes FS base and
// stack and comes back. Price: two FS-base writes, one stack switch, one indirect call.
#pragma once

#include "gen/lower_index.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {

/// One crossing. `ThreadRecord::in_lower` is set before the FS base changes and cleared after it is back: a signal handler
/// that sees it clear may use the upper TLS, and has no lower code below it.
[[gnu::always_inline]] inline std::int64_t cross(void* arguments, LowerEntry entry) {
  asm volatile("movl $1, %%gs:32" : : : "memory");
  std::int64_t result = gate().lower_entries[static_cast<std::uint32_t>(entry)](arguments);
  asm volatile("movl $0, %%gs:32" : : : "memory");
  return result;
}

}  // namespace mana::upper
