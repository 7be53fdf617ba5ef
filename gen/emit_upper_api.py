# SPDX-License-Identifier: Apache-2.0
"""Writes upper_api.hpp: the declarations of all bodies, mana::api::<name>, that the shells call."""
import sys

from kinds import c_type
from tables import load_functions

HEAD = '''// SPDX-License-Identifier: Apache-2.0
// Declarations of all bodies: what an MPI function does once its shell has translated the parameters
// (docs/ARCHITECTURE.md, "How a call is made"). Generated from gen/mpi_api.table.
#pragma once

#include <cstdint>

#include "upper_half/objects.hpp"

namespace mana::api {

using namespace mana::upper;
'''


def declaration(f, large=False):
    """`int send(const void* buf, ...);`"""
    parameters = [f'{c_type(p, "upper", large)} {p.name}' for p in (f.parameters if large else f.small_parameters())]
    parameters = [p.replace('const int (*)[3] ', 'const int (*') + ')[3]' if '(*)[3]' in p else p for p in parameters]
    returns = 'double' if f.returns == 'double' else 'int'
    return f'{returns} {f.name}{"_c" if large else ""}({", ".join(parameters)});'


def main(output):
    lines, chapter = [HEAD], None
    for f in load_functions():
        if f.treatment != 'body':
            continue
        if f.chapter != chapter:
            chapter = f.chapter
            lines.append(f'\n// {chapter}')
        lines.append(declaration(f))
        if f.own_large_body():
            lines.append(declaration(f, True))
    lines += ['', '}  // namespace mana::api', '']
    with open(output, 'w') as out:
        out.write('\n'.join(lines))


if __name__ == '__main__':
    main(sys.argv[1])
