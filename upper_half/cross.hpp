// SPDX-License-Identifier: Apache-2.0
// The one way into the lower half: through the entry's door in the gate page (lower_half/door.hpp), which changes FS base and
// stack and comes back. Price: two FS-base writes, one stack switch, one indirect call.
#pragma once

#include "gen/lower_index.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {

/// One crossing. `ThreadRecord::in_lower` is set before the FS base changes and cleared after it is back: a signal handler
/// that sees it clear may use the upper TLS, and has no lower code below it.
///
/// This form is for entries that take up to six integers or pointers, in registers; most take one pointer, see cross().
template <class... Argument>
[[gnu::always_inline]] inline std::int64_t cross_with(LowerEntry entry, Argument... arguments) {
  static_assert(sizeof...(Argument) <= 6 && ((sizeof(Argument) <= 8) && ...));
  asm volatile("movl $1, %%gs:32" : : : "memory");
  auto door = reinterpret_cast<std::int64_t (*)(Argument...)>(reinterpret_cast<void (*)()>(gate().lower_entries[static_cast<std::uint32_t>(entry)]));
  std::int64_t result = door(arguments...);
  asm volatile("movl $0, %%gs:32" : : : "memory");
  return result;
}

[[gnu::always_inline]] inline std::int64_t cross(void* arguments, LowerEntry entry) { return cross_with(entry, arguments); }

}  // namespace mana::upper
