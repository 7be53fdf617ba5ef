// SPDX-License-Identifier: Apache-2.0
#include "lower_half/number_pairs.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace mana::lower {

NumberPairs pairs_of(const std::string& text) {
  NumberPairs pairs;
  for (const char* at = text.c_str(); *at != 0;) {
    int first = 0, second = 0, read = 0;
    if (std::sscanf(at, "%d:%d%n", &first, &second, &read) != 2) break;
    pairs[first] = second;
    at += read;
    if (*at == ',') ++at;
  }
  return pairs;
}

std::string text_of(const NumberPairs& pairs) {
  std::string text;
  for (const auto& [first, second] : pairs) text += fmt::format("{}{}:{}", text.empty() ? "" : ",", first, second);
  return text;
}

}  // namespace mana::lower
