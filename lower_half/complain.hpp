// SPDX-License-Identifier: Apache-2.0
// The lower half's last words: one line on stderr, exit code 1.
#pragma once

#include <fmt/format.h>

#include <string>

namespace mana::lower {

/// "mana: rank R: <text>" on stderr in one write; R left out while unknown.
void say_line(const std::string& text);
[[noreturn]] void end_rank(int code);
/// The rank as the launcher or the real MPI has told it, -1 unknown.
int known_rank();
void set_known_rank(int rank);

template <class... A>
[[noreturn]] void complain(fmt::format_string<A...> format, A&&... arguments) {
  say_line(fmt::format(format, std::forward<A>(arguments)...));
  end_rank(1);
}

}  // namespace mana::lower
