# SPDX-License-Identifier: Apache-2.0
"""Writes abi_values_<abi>.hpp: an application ABI's integers and predefined handles <-> standard values."""
import sys

from kinds import TRANSLATED
from tables import HANDLE_SECTIONS, load_constants

MASKS = ('file_mode', 'window_assert')

HEAD = '''// SPDX-License-Identifier: Apache-2.0
// Values of the %s ABI by parameter kind: <kind>_in from the application, <kind>_out to it; predefined handles. Values
// that no table row names are the same on both sides. Generated from gen/mpi_constants.table.
#pragma once

#include <cstdint>

namespace mana::shell {
'''


def mask(kind, pairs):
    def one(name, order):
        tests = '\n'.join(f'  if (value & {p[order]}) result |= {p[1 - order]};' for p in pairs)
        return f'inline int {kind}_{name}(int value) {{\n  int result = 0;\n{tests}\n  return result;\n}}\n'
    return one('in', 1) + one('out', 0)


def added_errors(constants, abi, way):
    """Classes and codes that the application adds follow MPI_ERR_LASTCODE, which differs."""
    last = next((c.standard, getattr(c, abi)) for c in constants if c.name == 'ERR_LASTCODE')
    mine, other = last if way == 'out' else reversed(last)
    return f'value >= {mine} ? value - {mine} + {other} : value'


def switch(kind, pairs, constants, abi):
    """pairs: (standard, the ABI's)."""
    if all(s == a for s, a in pairs):
        return ''.join(f'[[gnu::always_inline]] inline int {kind}_{way}(int value) {{ return value; }}\n' for way in ('in', 'out'))
    quick = '  if (__builtin_expect(value >= 0, 1)) return value;\n' if kind in ('rank', 'tag') else ''
    text = ''
    for way, order in (('in', 1), ('out', 0)):
        cases, seen = [], set()
        for p in pairs:
            if p[order] not in seen and (p[0] != p[1] or quick):
                cases.append(f'    case {p[order]}: return {p[1 - order]};')
            seen.add(p[order])
        rest = 'value < -9 ? value : -99' if quick and way == 'in' else 'value'
        if kind == 'error':
            rest = added_errors(constants, abi, way)
        text += (f'[[gnu::always_inline]] inline int {kind}_{way}(int value) {{\n{quick}  switch (value) {{\n' + '\n'.join(cases) +
                 f'\n    default: return {rest};\n  }}\n}}\n')
    return text


def pairs_of(kind, constants, abi):
    pairs = [(c.standard, getattr(c, abi)) for c in constants if getattr(c, abi) is not None and c.name != 'ERR_LASTCODE']
    if kind == 'error':  # classes that this ABI's mpi.h has no number for
        other = next(getattr(c, abi) for c in constants if c.name == 'ERR_OTHER')
        pairs += [(c.standard, other) for c in constants if getattr(c, abi) is None]
    return pairs


def constants_of(constants, abi):
    lines = []
    for c in constants:
        value = getattr(c, abi)
        lines.append(f'inline constexpr int {c.name.lower()} = {c.standard if value is None else value};')
    return '\n'.join(lines) + '\n'


def by_standard_value(sections, cell, empty):
    """1024 table cells, indexed by standard value."""
    cells = {c.standard: cell(c) for s in HANDLE_SECTIONS for c in sections[s]}
    rows = []
    for start in range(0, 0x400, 8):
        row = [cells.get(v) or empty for v in range(start, start + 8)]
        rows.append('    ' + ', '.join(row) + ',')
    return '\n'.join(rows)


def mpich_handles(sections):
    text = ['/// Handles of predefined objects by standard value.', 'inline constexpr std::uint32_t handle_of_predefined[1024] = {',
            by_standard_value(sections, lambda c: '0' if c.mpich is None else f'{c.mpich:#x}', '0'), '};', '']
    datatypes = {c.mpich & 0xff: c for c in sections['datatype'] if c.mpich is not None and c.mpich >> 24 == 0x4c}
    text += ['struct BuiltinDatatype {', '  std::uint32_t handle, vid;', '};', '/// Builtin datatypes by the low byte of their handle.',
             'inline constexpr BuiltinDatatype builtin_datatypes[256] = {']
    text += ['    {%#x, %#x},' % (datatypes[i].mpich, datatypes[i].standard) if i in datatypes else '    {0, 0},' for i in range(256)]
    text += ['};', '']
    pairs = sorted((c.mpich, c.standard) for c in sections['datatype'] if c.mpich is not None and c.mpich >> 24 == 0x8c)
    text += [f'inline constexpr std::uint32_t pair_datatypes[{len(pairs)}] = {{{", ".join(hex(p[1]) for p in pairs)}}};', '']
    for section in HANDLE_SECTIONS:
        cases = [f'    case {c.mpich:#x}u: return {c.standard:#x};' for c in sections[section]
                 if c.mpich is not None and not (section == 'datatype' and c.name != 'DATATYPE_NULL')]
        text += [f'/// Standard value of a predefined {section} handle, 0 if it is none.',
                 f'inline std::uint32_t predefined_{section}(std::uint32_t handle) {{', '  switch (handle) {', *cases,
                 '    default: return 0;', '  }', '}']
    return '\n'.join(text) + '\n'


def openmpi_handles(sections):
    symbols = sorted({c.symbol for s in HANDLE_SECTIONS for c in sections[s] if c.symbol})
    text = ['/// The exported objects whose addresses are the predefined handles; defined in symbols_openmpi.cpp.', 'extern "C" {']
    text += [f'[[gnu::visibility("default")]] extern char {s}[];' for s in symbols] + ['}', '']
    text += ['/// Handles of predefined objects by standard value.', 'inline void* const handle_of_predefined[1024] = {',
             by_standard_value(sections, lambda c: c.symbol, 'nullptr'), '};', '']
    for section in HANDLE_SECTIONS:
        known = [c for c in sections[section] if c.fortran is not None]
        size = max([c.fortran for c in known] + [0]) + 1
        table = ['0'] * size
        for c in known:
            table[c.fortran] = hex(c.standard)
        text += [f'/// Standard values by the Fortran index of a predefined {section}.',
                 f'inline constexpr std::uint32_t fortran_{section}[{size}] = {{{", ".join(table)}}};']
    return '\n'.join(text) + '\n'


def main(abi, output):
    sections = load_constants()
    with open(output, 'w') as out:
        out.write(HEAD % {'mpich': 'MPICH', 'openmpi': 'Open MPI', 'abi': 'MPI-5 standard'}[abi])
        out.write('\n' + constants_of(sections['limit'] + sections['tool_error'], abi) + '\n')
        for kind in TRANSLATED:
            pairs = pairs_of(kind, sections[kind], abi)
            out.write(mask(kind, pairs) if kind in MASKS else switch(kind, pairs, sections[kind], abi))
        handles = {'mpich': mpich_handles, 'openmpi': openmpi_handles, 'abi': lambda _: ''}[abi]
        out.write('\n' + handles(sections) + '\n}  // namespace mana::shell\n')


main(*sys.argv[1:])
