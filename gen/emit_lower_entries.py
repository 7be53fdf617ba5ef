# SPDX-License-Identifier: Apache-2.0
"""Writes lower_entries.cpp: one entry a function, compiled once against each real mpi.h, and the entry table.

A function that this mpi.h does not declare resolves to a fallback of the same name that takes anything; its entry
returns MPI_ERR_UNSUPPORTED_OPERATION.
"""
import re
import sys

from kinds import HANDLES, SIZED, TRANSLATED
from tables import load_custom_entries, load_direct_entries, load_functions

HEAD = '''// SPDX-License-Identifier: Apache-2.0
// Entries of the lower half: unpack the arguments, translate, call the real MPI, translate back. Generated.
#include "lower_half/native.hpp"

#include "gen/lower_args.hpp"
#include "gen/lower_index.hpp"
#include "lower_half/door.hpp"
#include "lower_half/entry_table.hpp"

// Where this MPI lacks a function, overload resolution falls back to these.
struct AbsentFunction {};
namespace absent_functions {
%s
}
using namespace absent_functions;

namespace mana::lower {

[[gnu::always_inline]] inline std::int64_t to_class(int code) { return __builtin_expect(code == MPI_SUCCESS, 1) ? 0 : standard_error(code); }
inline std::int64_t to_class(AbsentFunction) { return mpi::ERR_UNSUPPORTED_OPERATION; }

extern "C" {

std::int64_t lower_entry_predefined(void* arguments) {
  auto& a = *static_cast<lower_args::predefined*>(arguments);
  a.real = lower_predefined(a.vid);
  return 0;
}
'''


def length(f, expression):
    """The table's length expression in terms of the argument struct `a`."""
    if expression in ('peers', 'in_neighbors', 'out_neighbors'):
        return f'{expression}(native<MPI_Comm>(a.comm))'
    names = {p.name: p for p in f.small_parameters()}
    return re.sub(r'[A-Za-z_]\w*', lambda m: ('*a.' if names[m[0]].out else 'a.') + m[0], expression)


def argument(f, p, before, after):
    """C++ expression for one argument; appends statements to run before and after the call."""
    a, n = f'a.{p.name}', p.name
    if p.kind in HANDLES:
        t = HANDLES[p.kind][0]
        if p.array and not p.out and any(q.kind == 'request' and q.out for q in f.parameters):
            before.append(f'{t}* {n} = standing_handles<{t}>({a}, {length(f, p.length)});')
            return n
        if p.array:
            before.append(f'HandleArray<{t}> {n}({a}, {length(f, p.length)});')
            if p.out:
                after.append(f'{n}.store({a});')
            return f'{n}.data()'
        if not p.out:
            return f'native<{t}>({a})'
        before.append(f'{t} {n} = native<{t}>(*{a});' if p.direction == 'inout' else f'{t} {n}{{}};')
        after.append(f'*{a} = bits({n});')
        return f'&{n}'
    if p.kind in TRANSLATED:
        if p.array and not p.out:
            before.append(f'IntegerArray<native_{p.kind}> {n}({a}, {length(f, p.length)});')
            return f'{n}.data()'
        if not p.out:
            return f'native_{p.kind}({a})'
        if p.array:
            after.append(f'for (int i = 0; code == 0 && i < {length(f, p.length)}; ++i) {a}[i] = standard_{p.kind}({a}[i]);')
            return a
        if p.direction == 'inout':
            before.append(f'*{a} = native_{p.kind}(*{a});')
        after.append(f'if (code == 0) *{a} = standard_{p.kind}(*{a});')
        return a
    if p.kind == 'status':
        if not p.out:
            before.append(f'MPI_Status {n} = native_status(*{a});')
            return f'&{n}'
        if p.array:
            before.append(f'StatusArray {n}({a}, {length(f, p.length)});')
            flag = '*a.flag && ' if any(q.name == 'flag' for q in f.parameters) else ''
            after.append(f'if ({flag}(code == 0 || code == mpi::ERR_IN_STATUS)) '
                         f'{n}.store({a}, {length(f, p.used)}, code == mpi::ERR_IN_STATUS);')
            return f'{n}.data()'
        before.append(f'MPI_Status {n}{{}};')
        flag = ' && *a.flag' if any(q.name == 'flag' for q in f.parameters) else ''
        after.append(f'if ({a} != nullptr{flag}) store_status({a}, {n});')
        return f'{a} == nullptr ? MPI_STATUS_IGNORE : &{n}'
    if p.kind == 'buffer':
        return f'native_buffer({a})'
    if p.kind == 'weights':
        return f'native_weights({a})'
    if p.kind in ('argc', 'argv'):
        return 'nullptr'
    if p.kind == 'range':
        return f'const_cast<int (*)[3]>({a})'
    if p.kind in SIZED and SIZED[p.kind][0] in ('MPI_Aint', 'MPI_Count', 'MPI_Offset') and (p.out or p.array):
        const = '' if p.out else 'const '
        return f'reinterpret_cast<{const}{SIZED[p.kind][0]}*>({a})'
    return a


def entry(f):
    before, after = [], []
    arguments = ', '.join(argument(f, p, before, after) for p in f.small_parameters())
    takes = f.small_parameters() or f.returns == 'double'
    lines = [f'std::int64_t lower_entry_{f.name}(void*{" arguments" if takes else ""}) {{']
    if takes:
        lines.append(f'  auto& a = *static_cast<lower_args::{f.name}*>(arguments);')
    lines += ['  ' + b for b in before]
    call = f'P{f.mpi}({arguments})'
    if f.returns == 'double':
        lines += [f'  a.result = {call};', '  return 0;', '}']
    elif after:
        lines += [f'  std::int64_t code = to_class({call});', *('  ' + s for s in after), '  return code;', '}']
    else:
        lines += [f'  return to_class({call});', '}']
    return '\n'.join(lines)


def main(output):
    functions = [f for f in load_functions() if f.lower]
    custom = load_custom_entries()
    absent = '\n'.join(f'[[maybe_unused]] inline AbsentFunction P{f.mpi}(...) {{ return {{}}; }}' for f in functions if f.returns == 'int' and f.parameters)
    lines = [HEAD % absent]
    lines += [entry(f) for f in functions]
    rows = [('lower_entry_predefined', 'predefined'), *((f'lower_entry_{f.name}', f.mpi) for f in functions),
            *((f'lower_custom_{n}', f'custom_{n}') for n in custom)]
    macros = [f'mana_door {entry}' for entry, _ in rows]
    for name, function, count in load_direct_entries():
        macros.append(f'mana_direct_door direct_{name} {function} {int(count > 6)}')
        rows.append((f'direct_{name}', f'direct_{name}'))
    lines += ['', *(f'std::int64_t door_{entry}(void*), slow_door_{entry}(void*);' for entry, _ in rows)]
    lines += [f'std::int64_t real_{name}(void*) asm("{function}");' for name, function, _ in load_direct_entries()]
    lines += ['', '}  // extern "C"', '', 'asm(MANA_DOOR_MACRO', *(f'    "{macro}\\n"' for macro in macros), ');']
    lines += ['', 'const LowerEntryRow lower_entry_table[] = {']
    lines += [f'    {{{{door_{entry}, slow_door_{entry}}}, "{name}"}},' for entry, name in rows]
    lines += [f'    {{{{real_{name}, real_{name}}}, "real_{name}"}},' for name, _, _ in load_direct_entries()]
    lines += ['};', 'const std::uint32_t lower_entry_count = static_cast<std::uint32_t>(LowerEntry::count);',
              'static_assert(sizeof lower_entry_table / sizeof lower_entry_table[0] == static_cast<std::size_t>(LowerEntry::count));',
              '', '}  // namespace mana::lower', '']
    with open(output, 'w') as out:
        out.write('\n'.join(lines))


if __name__ == '__main__':
    main(sys.argv[1])
