# SPDX-License-Identifier: Apache-2.0
"""Writes lower_index.hpp: the number of every lower entry, in the order of lower_entry_table[]."""
import sys

from tables import load_custom_entries, load_direct_entries, load_functions

HEAD = '''// SPDX-License-Identifier: Apache-2.0
// The number of every entry of the lower half (Gate::lower_entries). Generated from gen/mpi_api.table and
// gen/custom_entries.table; both halves of one build agree on it.
#pragma once

#include <cstdint>

#include "common/gate.hpp"

namespace mana {

enum class LowerEntry : std::uint32_t {
  predefined,'''

TAIL = '''  count
};
static_assert(static_cast<std::size_t>(LowerEntry::count) <= max_lower_entries);

/// The door of an entry that is called without one, too.
constexpr LowerEntry door_of(LowerEntry real) { return static_cast<LowerEntry>(static_cast<std::uint32_t>(real) - %d); }

namespace lower_call {
using mana::LowerEntry;
constexpr std::uint64_t index(LowerEntry entry) { return static_cast<std::uint64_t>(entry); }
}  // namespace lower_call

}  // namespace mana
'''


def main(output):
    names = [f.name for f in load_functions() if f.lower] + ['custom_' + n for n in load_custom_entries()]
    names += [prefix + n for prefix in ('direct_', 'real_') for n, _, _ in load_direct_entries()]
    with open(output, 'w') as out:
        out.write(HEAD + '\n' + '\n'.join(f'  {n},' for n in names) + '\n' + TAIL % len(load_direct_entries()))


main(sys.argv[1])
