# SPDX-License-Identifier: Apache-2.0
"""Writes lower_args.hpp (argument structs) or lower_calls.hpp (inline packers that cross) of the lower entries."""
import sys

from kinds import HANDLES, c_type
from tables import load_functions

ARGS_HEAD = '''// SPDX-License-Identifier: Apache-2.0
// Arguments of the generated lower entries, as they cross the door: real handles widened to 64 bits, integers with
// standard values, pointers into upper memory that the entry reads and writes in place. Generated.
#pragma once

#include <cstdint>

namespace mana {
namespace upper { struct Status; }

namespace lower_args {

using RangeTriplets = const int (*)[3];

struct predefined {
  std::uint32_t vid;
  std::uint64_t real;
};
'''

CALLS_HEAD = '''// SPDX-License-Identifier: Apache-2.0
// mana::lower_call::<name>: one crossing to the real MPI's function. Real handles in and out as std::uint64_t, integers
// with values of the standard ABI, canonical statuses (nullptr: ignore); returns a standard error class, 0 = success.
// Call inside a WrapperScope. Generated.
#pragma once

#include "gen/lower_args.hpp"
#include "gen/lower_index.hpp"
#include "upper_half/objects.hpp"
#include "upper_half/thread.hpp"

namespace mana::lower_call {

using lower_args::RangeTriplets;

/// The real handle of a predefined object; 0 when the real MPI has no such object (or when its handle is 0).
[[gnu::always_inline]] inline std::uint64_t predefined(std::uint32_t vid) {
  lower_args::predefined a{vid, 0};
  upper::mana_cross(&a, lower_call::index(LowerEntry::predefined));
  return a.real;
}
'''


def crossing_type(p):
    return 'RangeTriplets' if p.kind == 'range' else c_type(p, 'lower')


def struct(f):
    fields = [f'  {crossing_type(p)} {p.name};' for p in f.small_parameters()]
    if f.returns == 'double':
        fields.append('  double result;')
    return '\n'.join([f'struct {f.name} {{', *fields, '};'])


def packer(f):
    parameters = f.small_parameters()
    types = ', '.join(f'{crossing_type(p)} {p.name}' for p in parameters)
    values = ', '.join(p.name for p in parameters)
    if f.returns == 'double':
        body = (f'  lower_args::{f.name} a{{}};\n  upper::mana_cross(&a, lower_call::index(LowerEntry::{f.name}));\n  return a.result;')
        return f'[[gnu::always_inline]] inline double {f.name}() {{\n{body}\n}}'
    return (f'[[gnu::always_inline]] inline int {f.name}({types}) {{\n  lower_args::{f.name} a{{{values}}};\n'
            f'  return static_cast<int>(upper::mana_cross(&a, lower_call::index(LowerEntry::{f.name})));\n}}')


def main(what, output):
    functions = [f for f in load_functions() if f.lower]
    with open(output, 'w') as out:
        if what == 'args':
            out.write(ARGS_HEAD + '\n' + '\n'.join(struct(f) for f in functions) + '\n\n}  // namespace lower_args\n}  // namespace mana\n')
        else:
            out.write(CALLS_HEAD + '\n' + '\n'.join(packer(f) for f in functions) + '\n\n}  // namespace mana::lower_call\n')


main(*sys.argv[1:])
