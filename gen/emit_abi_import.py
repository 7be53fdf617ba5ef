# SPDX-License-Identifier: Apache-2.0
"""Writes abi_import.c: every name of the standard ABI, to link lower-abi and tests with where no MPI has a libmpi_abi. Never loaded."""
import sys

from tables import load_functions

HEAD = '''/* SPDX-License-Identifier: Apache-2.0 */
/* The names that a libmpi_abi exports, without anything behind them: only the linker looks at this library. Generated. */
'''


def names():
    for f in load_functions():
        if f.in_standard():
            for name in (f.mpi, f.mpi + '_c') if f.large else (f.mpi,):
                yield from (name, 'P' + name)


with open(sys.argv[1], 'w') as out:
    out.write(HEAD + ''.join(f'void {name}(void) {{}}\n' for name in names()))
