// SPDX-License-Identifier: Apache-2.0
// The entries of the real MPI in the order of LowerEntry, generated for each real MPI (gen/emit_lower_entries.py).
#pragma once

#include <cstdint>

#include "lower_half/door.hpp"

namespace mana::lower {

struct LowerEntryRow {
  Doors doors;
  const char* name;  ///< "MPI_Send", "custom_send"
};

extern const LowerEntryRow lower_entry_table[];
extern const std::uint32_t lower_entry_count;

}  // namespace mana::lower
