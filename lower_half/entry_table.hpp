// SPDX-License-Identifier: Apache-2.0
// The entries of the real MPI in the order of LowerEntry, generated for each real MPI (gen/emit_lower_entries.py).
#pragma once

#include <cstdint>

namespace mana::lower {

struct LowerEntryRow {
  std::int64_t (*entry)(void* arguments);
  const char* name;  ///< "MPI_Send", "custom_send"
};

extern const LowerEntryRow lower_entry_table[];
extern const std::uint32_t lower_entry_count;

}  // namespace mana::lower
