// SPDX-License-Identifier: Apache-2.0
// Loads the upper half: the window's state, the resident code, a private ld.so, and a fresh initial stack.
#pragma once

#include <cstdint>

#include "lower_half/options.hpp"

namespace mana::lower {

struct ProgramStart {
  std::uint64_t entry;  ///< of ld.so
  std::uint64_t stack;  ///< initial stack pointer, psABI §3.4.1
};

/// Prepares the window for a new program. Ends the rank with one line when something is missing.
ProgramStart load_program(const Options& options);

}  // namespace mana::lower
