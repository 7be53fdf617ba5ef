// SPDX-License-Identifier: Apache-2.0
// Puts the entries of the MPI that this lower half was built with into the gate.
#include "common/gate.hpp"
#include "lower_half/entry_table.hpp"
#include "lower_half/gate_page.hpp"

namespace mana::lower {

std::uint32_t built_with_mpi() { return MANA_LOWER_MPI; }

const char* built_with_mpi_name() { return MANA_LOWER_MPI == 1 ? "MPICH" : "Open MPI"; }

void fill_mpi_entries() {
  gate().lower_entry_count = lower_entry_count;
  for (std::uint32_t i = 0; i < lower_entry_count; ++i) gate().lower_entries[i] = lower_entry_table[i].entry;
}

}  // namespace mana::lower
