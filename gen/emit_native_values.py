# SPDX-License-Identifier: Apache-2.0
"""Writes native_values.hpp: standard <-> native values, compiled against the real mpi.h."""
import sys

from kinds import TRANSLATED
from tables import HANDLE_SECTIONS, load_constants

# Open MPI's mpi.h makes these names an error, its library still has the objects.
REMOVED = ('LB', 'UB')
MASKS = ('file_mode', 'window_assert')

HEAD = '''// SPDX-License-Identifier: Apache-2.0
// Integers and predefined handles between the standard ABI and the real MPI, by parameter kind. Values that no table
// row names are the same on both sides. Generated from gen/mpi_constants.table; include after mpi.h.
#pragma once

#include <cstdint>

#ifdef OPEN_MPI
extern "C" {
[[gnu::weak]] extern ompi_predefined_datatype_t ompi_mpi_lb, ompi_mpi_ub;
}
#endif

namespace mana::lower {
'''


def mask(kind, constants, side):
    to_native = '\n'.join(f'  if (value & {c.standard}) result |= MPI_{c.name};' for c in constants)
    to_standard = '\n'.join(f'  if (value & MPI_{c.name}) result |= {c.standard};' for c in constants)
    return (f'inline int native_{kind}(int value) {{\n  int result = 0;\n{to_native}\n  return result;\n}}\n'
            f'inline int standard_{kind}(int value) {{\n  int result = 0;\n{to_standard}\n  return result;\n}}\n')


def present_in(constants, side):
    """What that side's mpi.h has."""
    return [c for c in constants if (c.in_standard if side == 'abi' else getattr(c, side) is not None)]


def switch(kind, constants, side):
    present = present_in(constants, side)
    quick = '  if (__builtin_expect(value >= 0, 1)) return value;\n' if kind in ('rank', 'tag') else ''
    to_native = '\n'.join(f'    case {c.standard}: return MPI_{c.name};' for c in present)
    to_standard = '\n'.join(f'  if (value == MPI_{c.name}) return {c.standard};' for c in present)
    return (f'inline int native_{kind}(int value) {{\n{quick}  switch (value) {{\n{to_native}\n    default: return value;\n  }}\n}}\n'
            f'inline int standard_{kind}(int value) {{\n{quick}{to_standard}\n  return value;\n}}\n')


def errors(constants, side):
    """Codes -> classes: MPICH's codes carry more than their class."""
    present = [c for c in present_in(constants, side) if c.name != 'ERR_LASTCODE']
    cases = '\n'.join(f'    case MPI_{c.name}: return {c.standard};' for c in present)
    back = '\n'.join(f'    case {c.standard}: return MPI_{c.name};' for c in present)
    return ('inline int standard_error(int code) {\n  if (__builtin_expect(code == MPI_SUCCESS, 1)) return 0;\n'
            '  int error_class = MPI_ERR_OTHER;\n  PMPI_Error_class(code, &error_class);\n  switch (error_class) {\n'
            f'{cases}\n    default: return 16;\n  }}\n}}\n'
            f'inline int native_error(int value) {{\n  switch (value) {{\n{back}\n    default: return value;\n  }}\n}}\n')


def predefined(sections):
    lines = ['/// Real handle of a predefined object, 0 if this MPI has none. Optional types may be an alias of MPI_DATATYPE_NULL.',
             'template <class Handle>', 'std::uint64_t real_bits(Handle handle) {', '  std::uint64_t result = 0;',
             '  __builtin_memcpy(&result, &handle, sizeof handle);', '  return result;', '}',
             'inline std::uint64_t lower_predefined(std::uint32_t vid) {', '  switch (vid) {']
    for section in HANDLE_SECTIONS:
        for c in sections[section]:
            null = 'MPI_DATATYPE_NULL'
            value = f'real_bits(MPI_{c.name})'
            if section == 'datatype' and c.name != 'DATATYPE_NULL':
                value = f'MPI_{c.name} == {null} ? 0 : {value}'
            if c.name in REMOVED:
                lines += ['#ifdef OPEN_MPI', f'    case {c.standard:#x}: return real_bits(&{c.symbol});', f'#elif defined MPI_{c.name}',
                          f'    case {c.standard:#x}: return {value};', '#endif']
                continue
            lines += [f'#ifdef MPI_{c.name}', f'    case {c.standard:#x}: return {value};', '#endif']
    return '\n'.join(lines + ['    default: return 0;', '  }', '}', ''])


def main(output):
    sections = load_constants()
    with open(output, 'w') as out:
        out.write(HEAD)
        for side, condition in (('openmpi', '#ifdef OPEN_MPI'), ('mpich', '#elif defined MPICH_VERSION'), ('abi', '#else')):
            out.write(f'\n{condition}\n')
            for kind in TRANSLATED:
                if kind == 'error':
                    out.write(errors(sections[kind], side))
                else:
                    out.write((mask if kind in MASKS else switch)(kind, sections[kind], side))
        out.write('#endif\n\n' + predefined(sections) + '\n}  // namespace mana::lower\n')


main(sys.argv[1])
