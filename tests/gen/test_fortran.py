# SPDX-License-Identifier: Apache-2.0
"""The Fortran entry points of the Open MPI ABI against the installed Open MPI.

usage: test_fortran.py OURS BASE REAL HEADER SOURCE... [--links BINARY...]

- every function of REAL (libmpi_mpifh.so.40) is in OURS or in BASE, our libmpi.so.40;
- what the BINARYs (Open MPI's other Fortran libraries) take from them is there;
- the entry points of the SOURCEs take the arguments that HEADER (Open MPI's prototypes_mpi.h) tells, if it is installed.
"""
import argparse
import re
import sys
from pathlib import Path

from exported_symbols import FUNCTION, dynamic_symbols, find_library

# Not MPI's.
FOREIGN = re.compile(r'_init|_fini|mpiext_\w+_dummy')


def missing(ours, real):
    for name, symbol in real.items():
        if symbol.defined and symbol.kind == FUNCTION and name not in ours and not FOREIGN.fullmatch(name):
            yield f'{name}: missing'


def unresolved(ours, binary):
    for name, symbol in dynamic_symbols(binary).items():
        if not symbol.defined and name not in ours and re.match(r'p?o?mpix?_', name, re.I):
            yield f'{name}: wanted by {binary}'


def width(ctype):
    """What a parameter is: text (or buffer), an integer of some width, a function, or a length by value."""
    ctype = re.sub(r'\b(const|struct)\b', '', ctype).strip()
    if '*' not in ctype and '[' not in ctype:
        return 'value'
    base = re.sub(r'\*|\[.*', '', ctype).strip()
    if base in ('char', 'void'):
        return 'buffer'
    if 'fn' in base or 'function' in base:
        return 'buffer'
    if base in ('MPI_Aint', 'MPI_Offset', 'MPI_Count', 'std::int64_t', 'Integer'):
        return 'wide'
    return 'int'


def types_of(parameters):
    words = [p.strip() for p in parameters.split(',') if p.strip() not in ('', 'void')]
    return [width(re.sub(r'\w+((\[\w*\])*)$', r'\1', p) if re.search(r'[\s*]\w+(\[\w*\])*$', p) else p) for p in words]


def header_entries(text):
    return {name.lower(): types_of(parameters)
            for name, parameters in re.findall(r'PN2\(\w+, MPIX?_(\w+), \w+, \w+, \(([^()]*)\)\);', text)}


def our_entries(text):
    return {name: types_of(parameters) for name, parameters in re.findall(r'MANA_EXPORT [\w:]+ ompi_(\w+)_f\(([^()]*)\)', text)}


def differences(ours, theirs):
    for name, types in sorted(ours.items()):
        if name in theirs and theirs[name] != types:
            yield f'{name}: takes {types}, Open MPI\'s {theirs[name]}'


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('ours')
    parser.add_argument('base')
    parser.add_argument('real')
    parser.add_argument('header')
    parser.add_argument('sources', nargs='+')
    parser.add_argument('--links', nargs='*', default=[])
    arguments = parser.parse_args()
    ours = {n for path in (arguments.ours, arguments.base) for n, s in dynamic_symbols(path).items() if s.defined}
    faults = list(missing(ours, dynamic_symbols(find_library(arguments.real))))
    for binary in filter(None, map(find_library, arguments.links)):
        faults += unresolved(ours, binary)
    entries = our_entries('\n'.join(Path(s).read_text() for s in arguments.sources))
    if Path(arguments.header).exists():
        faults += differences(entries, header_entries(Path(arguments.header).read_text()))
    print('\n'.join(faults) or f'{arguments.ours}: {len(entries)} entry points are what {arguments.real} has')
    sys.exit(1 if faults or not entries else 0)


main()
