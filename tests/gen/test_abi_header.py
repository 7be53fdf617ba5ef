# SPDX-License-Identifier: Apache-2.0
"""Do our mpi.h of the standard ABI, mpicc_abi and libmpi_abi.so.1 fit together?

usage: test_abi_header.py GEN_DIRECTORY MPICC_ABI MPI_H LIBRARY

- a C and a C++ program that name every function and every constant compile with mpicc_abi and link;
- every constant of the table has the standard's value, and the status its size and places;
- the library has all functions of the header: MPI_ weak, PMPI_ strong.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, sys.argv[1])
from exported_symbols import FUNCTION, GLOBAL, WEAK, dynamic_symbols  # noqa: E402
from tables import HANDLE_SECTIONS, load_constants  # noqa: E402

LAYOUT = '''
#include <mpi.h>
#include <stddef.h>
#ifndef __cplusplus
#define static_assert _Static_assert
#endif
#define SAME(name, value) typedef char name##_is_right[(long)(name) == (value) ? 1 : -1]
static_assert(sizeof(MPI_Status) == 32 && offsetof(MPI_Status, MPI_SOURCE) == 0 && offsetof(MPI_Status, MPI_TAG) == 4 &&
              offsetof(MPI_Status, MPI_ERROR) == 8, "MPI_Status");
static_assert(sizeof(MPI_Aint) == 8 && sizeof(MPI_Count) == 8 && sizeof(MPI_Offset) == 8 && sizeof(MPI_Comm) == 8, "integers");
'''


def program(functions):
    values = [(c.name, c.abi) for constants in load_constants().values() for c in constants if c.in_standard]
    handles = {c.name for s in HANDLE_SECTIONS for c in load_constants()[s]}
    text = [LAYOUT]
    text += [f'SAME(MPI_{name}, {value});' for name, value in values if name not in handles]
    text.append('int main(void) {')
    text += [f'  if ((intptr_t)(MPI_{name}) != {value}) return 1;' for name, value in values]
    text += [f'  if ((void*)({name}) == NULL) return 2;' for name in functions]
    return '\n'.join(text + ['  return 0;', '}', ''])


def build(compiler, header, library, source, suffix, flags):
    """The error messages."""
    environment = dict(os.environ, MPICC_ABI_INCLUDE=str(header.parent), MPICC_ABI_LIBRARY=str(library.parent))
    if suffix == '.cpp':
        environment['MPICC_ABI_CC'] = 'c++'
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / ('all' + suffix)
        file.write_text(source)
        command = ['sh', compiler, *flags, '-w', str(file), '-o', str(Path(scratch) / 'all')]
        run = subprocess.run(command, env=environment, capture_output=True, text=True)
    return run.stderr.splitlines()[:20] if run.returncode else []


def main():
    compiler, header, library = sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
    functions = re.findall(r'^\w+ (P?MPI_\w+)\(', header.read_text(), re.M)
    exported = dynamic_symbols(library)
    faults = []
    for name in functions:
        symbol = exported.get(name)
        if symbol is None or not symbol.defined or symbol.kind != FUNCTION:
            faults.append(f'{name}: missing in {library}')
        elif symbol.binding != (GLOBAL if name.startswith('P') else WEAK):
            faults.append(f'{name}: must be {"strong" if name.startswith("P") else "weak"}')
    faults += build(compiler, header, library, program(functions), '.c', ['-std=c11'])
    faults += build(compiler, header, library, program(functions), '.cpp', ['-std=c++17'])
    print('\n'.join(faults) or f'{len(functions)} functions and all constants of mpi.h are right')
    sys.exit(1 if faults or len(functions) < 1000 else 0)


main()
