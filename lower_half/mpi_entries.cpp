// SPDX-License-Identifier: Apache-2.0
// Puts the entries of the MPI that this lower half was built with into the gate.
#include <fmt/format.h>
#include <mpi.h>

#include "common/gate.hpp"
#include "common/thread_record.hpp"
#include "lower_half/direct_calls.hpp"
#include "lower_half/entry_table.hpp"
#include "lower_half/gate_page.hpp"

namespace mana::lower {

std::uint32_t built_with_mpi() { return MANA_LOWER_MPI; }

const char* built_with_mpi_name() {
  constexpr const char* names[] = {"", "MPICH", "Open MPI", "MPI of the standard ABI"};
  return names[MANA_LOWER_MPI];
}

std::string entry_fingerprint() {
  std::uint64_t hash = 14695981039346656037ULL;
  for (std::uint32_t i = 0; i < lower_entry_count; ++i)
    for (const char* c = lower_entry_table[i].name;; ++c) {
      hash = (hash ^ static_cast<unsigned char>(*c)) * 1099511628211ULL;  // FNV-1a
      if (*c == 0) break;
    }
  return fmt::format("{}-{:016x}", shared_layouts(), hash);
}

void fill_mpi_entries() {
  make_calls_direct();
  gate().lower_entry_count = lower_entry_count;
  gate().any_source = MPI_ANY_SOURCE;
  gate().any_tag = MPI_ANY_TAG;
  gate().status_ignore = MPI_STATUS_IGNORE;
  gate().in_place = MPI_IN_PLACE;
  for (std::uint32_t i = 0; i < lower_entry_count; ++i) gate().lower_entries[i] = lower_entry_table[i].doors.for_this_machine();
}

}  // namespace mana::lower
