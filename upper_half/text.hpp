// SPDX-License-Identifier: Apache-2.0
// Text in our own memory: names of objects, info keys and values.
#pragma once

#include <cstring>
#include <string>

#include "upper_half/arena.hpp"

namespace mana::upper {

using Text = std::basic_string<char, std::char_traits<char>, ArenaAllocator<char>>;

/// Copies `text` with its end mark into `out`, which a shell owns and which holds at least 8192 bytes; at most `limit`
/// bytes are written. Returns the length without the end mark.
inline int copy_text(const char* text, std::size_t length, char* out, std::size_t limit = 8192) {
  if (length >= limit) length = limit - 1;
  std::memcpy(out, text, length);
  out[length] = 0;
  return static_cast<int>(length);
}
inline int copy_text(const Text& text, char* out) { return copy_text(text.data(), text.size(), out); }

}  // namespace mana::upper
