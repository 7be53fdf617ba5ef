# SPDX-License-Identifier: Apache-2.0
"""Does our library export everything that programs built with the real one can name?

usage: test_exports.py OURS REAL [--header MPI_H...] [--links BINARY...]   (REAL, BINARY: paths or sonames)

- every MPI_, PMPI_, MPIX_ function of REAL is in OURS, MPI_ weak and PMPI_ strong;
- every data symbol of ours that REAL has too has its size (copy relocations);
- every symbol that the BINARYs take from REAL (or its helpers) is in OURS.
"""
import argparse
import re
import sys
from pathlib import Path

from exported_symbols import FUNCTION, GLOBAL, OBJECT, WEAK, dynamic_symbols, find_library

# Fortran entry points that the real libmpi.so.40 has in upper case: they come with the Fortran ABI.
FORTRAN = re.compile(r'MPI_[A-Z0-9_]+$')


def missing_functions(ours, real):
    for name, symbol in real.items():
        if not symbol.defined or symbol.kind != FUNCTION or not re.match(r'P?MPI_', name) or FORTRAN.match(name):
            continue
        mine = ours.get(name)
        if mine is None or not mine.defined:
            yield f'{name}: missing'
        elif mine.binding != (GLOBAL if name.startswith('P') else WEAK):
            yield f'{name}: must be {"strong" if name.startswith("P") else "weak"}'


def wrong_sizes(ours, real):
    for name, symbol in ours.items():
        other = real.get(name)
        if symbol.defined and symbol.kind == OBJECT and other is not None and other.defined and other.size != symbol.size:
            yield f'{name}: {symbol.size} bytes, the real one has {other.size}'


def missing_objects(ours, header):
    """Data symbols that the real mpi.h names."""
    for name in set(re.findall(r'extern[^;(]*?\b(ompi_\w+|MPI_[A-Z0-9_]+|MPIR_\w+)\s*;', header)):
        if name not in ours:
            yield f'{name}: declared in mpi.h, missing'


def unresolved(ours, real, binary):
    needed = dynamic_symbols(binary)
    if not any(name in real for name in needed):
        return  # built for another MPI
    for name, symbol in needed.items():
        if not symbol.defined and name not in ours and re.match(r'P?MPIX?_|ompi_|opal_|MPI[IR]_', name):
            yield f'{name}: wanted by {binary}'


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('ours')
    parser.add_argument('real')
    parser.add_argument('--header', action='append', default=[])
    parser.add_argument('--links', nargs='*', default=[])
    arguments = parser.parse_args()
    ours, real = dynamic_symbols(arguments.ours), dynamic_symbols(find_library(arguments.real))
    ours = {n: s for n, s in ours.items() if s.defined}
    faults = [*missing_functions(ours, real), *wrong_sizes(ours, real)]
    for header in arguments.header:
        faults += missing_objects(ours, Path(header).read_text())
    for binary in filter(None, map(find_library, arguments.links)):
        faults += unresolved(ours, real, binary)
    print('\n'.join(faults) or f'{arguments.ours}: exports what {arguments.real} does')
    sys.exit(1 if faults else 0)


main()
