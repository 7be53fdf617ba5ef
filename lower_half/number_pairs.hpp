// SPDX-License-Identifier: Apache-2.0
// Pairs of numbers on the command line: "400:12,401:13".
#pragma once

#include <map>
#include <string>

namespace mana::lower {

using NumberPairs = std::map<int, int>;

/// What can be read of it.
NumberPairs pairs_of(const std::string& text);
std::string text_of(const NumberPairs& pairs);

}  // namespace mana::lower
