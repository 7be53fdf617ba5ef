// SPDX-License-Identifier: Apache-2.0
// Bytes as hexadecimal text, for the facts of an image.
#pragma once

#include <string>
#include <string_view>

namespace mana::lower {

inline std::string to_hex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

inline std::string from_hex(std::string_view text) {
  const auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) bytes += static_cast<char>(value(text[i]) << 4 | value(text[i + 1]));
  return bytes;
}

}  // namespace mana::lower
