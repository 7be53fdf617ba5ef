# SPDX-License-Identifier: Apache-2.0
"""Writes mpi_constants.hpp: the MPI constants as the project uses them inside, with the values of the MPI-5 standard ABI."""
import sys

from tables import HANDLE_SECTIONS, load_constants

HEAD = '''// SPDX-License-Identifier: Apache-2.0
// MPI constants with the values of the MPI-5 standard ABI, without `MPI_`. Generated from gen/mpi_constants.table.
// A name that would begin with a digit is TYPE_2INT etc.; MPI_SEEK_SET etc. are FILE_SEEK_SET (macros of <cstdio>).
#pragma once

#include <cstdint>

namespace mana::mpi {

// Addresses.
inline void* const BOTTOM = nullptr;
inline void* const IN_PLACE = reinterpret_cast<void*>(1);
inline void* const BUFFER_AUTOMATIC = reinterpret_cast<void*>(2);
inline int* const UNWEIGHTED = reinterpret_cast<int*>(10);
inline int* const WEIGHTS_EMPTY = reinterpret_cast<int*>(11);
inline int* const ERRCODES_IGNORE = nullptr;

/// Number of predefined handle values; each is below it.
inline constexpr std::uint32_t PREDEFINED_COUNT = 0x400;
'''


def main(output):
    lines = [HEAD]
    for section, constants in load_constants().items():
        lines.append(f'// {section.replace("_", " ")}')
        handle = section in HANDLE_SECTIONS
        for c in constants:
            kind, value = ('std::uint32_t', hex(c.standard)) if handle else ('int', c.standard)
            lines.append(f'inline constexpr {kind} {c.cpp} = {value};')
        lines.append('')
    lines += ['inline constexpr std::uint32_t LONG_LONG_INT = LONG_LONG;',
              'inline constexpr std::uint32_t C_COMPLEX = C_FLOAT_COMPLEX;', '', '}  // namespace mana::mpi', '']
    with open(output, 'w') as f:
        f.write('\n'.join(lines))


main(sys.argv[1])
