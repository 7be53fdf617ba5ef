# SPDX-License-Identifier: Apache-2.0
"""Writes prototype_check.cpp for one installed mpi.h: the table's prototype of every function that it declares is the header's.

usage: emit_prototype_check.py INCLUDEDIR OUTPUT
"""
import re
import sys
from pathlib import Path

from kinds import HANDLES, integer_type, c_type
from tables import load_functions

# MPICH 4.0.2 has lost a const there.
KNOWN_DIFFERENT = {'MPI_Pready_list'}

HEAD = '''// SPDX-License-Identifier: Apache-2.0
// gen/mpi_api.table against an installed mpi.h: this file compiles or the table is wrong. Generated.
// Open MPI hides what MPI-3 removed, its library still has it.
#define OMPI_OMIT_MPI1_COMPAT_DECLS 0
#define OMPI_REMOVED_USE_STATIC_ASSERT 0
#include <mpi.h>

#include <type_traits>

#define MANA_PROTOTYPE(name, ...) \\
  static_assert(std::is_same_v<decltype(&P##name), __VA_ARGS__>, "gen/mpi_api.table: " #name " differs from mpi.h");

'''


def declared(include):
    text = ' '.join(p.read_text(errors='replace') for p in Path(include).glob('mpi*.h'))
    functions = set(re.findall(r'\b(?:int|double|MPI_\w+)\s+P(MPI_\w+)\s*\(', text))
    casts = set(re.findall(r'#define\s+P?(MPI_\w+_(?:c2f|f2c))\(', text))  # MPICH's handles to and from Fortran
    return functions - casts - KNOWN_DIFFERENT


def prototype(f, large):
    parameters = f.parameters if large else f.small_parameters()
    types = [c_type(p, 'mpi', large) for p in parameters] + (['...'] if f.variadic else [])
    if f.mpi == 'MPI_Pcontrol':
        types[0] = 'const int'
    returns = HANDLES[f.returns][0] if f.returns in HANDLES else integer_type(f.returns, 'mpi')
    return f'{returns} (*)({", ".join(types)})'


def main(include, output):
    present = declared(include)
    with open(output, 'w') as out:
        out.write(HEAD)
        for f in load_functions():
            if f.mpi in present:
                out.write(f'#undef P{f.mpi}\nMANA_PROTOTYPE({f.mpi}, {prototype(f, False)})\n')
            if f.large and f.mpi + '_c' in present:
                out.write(f'MANA_PROTOTYPE({f.mpi}_c, {prototype(f, True)})\n')


main(*sys.argv[1:])
