# SPDX-License-Identifier: Apache-2.0
"""Reads gen/mpi_constants.table (every MPI constant in three ABIs) and gen/mpi_api.table (every MPI function)."""
import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
HANDLE_SECTIONS = ('comm', 'group', 'win', 'file', 'session', 'message', 'info', 'errhandler', 'request', 'op', 'datatype')


@dataclass
class Constant:
    name: str                # without MPI_
    section: str
    standard: int
    mpich: int | None
    openmpi: int | None      # value; None for handles
    symbol: str | None       # Open MPI data symbol of a handle
    fortran: int | None      # Open MPI Fortran index of a handle

    @property
    def abi(self):
        """The value that programs of the standard ABI see: the internal one, but for MPI_DISTRIBUTE_DFLT_DARG."""
        return 19 if self.name == 'DISTRIBUTE_DFLT_DARG' else self.standard

    @property
    def in_standard(self):
        """Whether MPI 5.0 has it: the others are MPI-1's and our own (see mpi_constants.table)."""
        if self.section in HANDLE_SECTIONS:
            return self.standard < 0x2f0 and self.name != 'ERRORS_THROW_EXCEPTIONS'
        return self.name not in ('TYPECLASS_LOGICAL', 'COMBINER_HVECTOR_INTEGER', 'COMBINER_HINDEXED_INTEGER', 'COMBINER_STRUCT_INTEGER')

    @property
    def cpp(self):
        """Its name in namespace mana::mpi: not beginning with a digit, and not a macro of <cstdio>."""
        if self.name[0].isdigit():
            return 'TYPE_' + self.name
        return 'FILE_' + self.name if self.name.startswith('SEEK_') else self.name


def rows(file):
    """The lines of a table file without comments: lists of words."""
    for line in file.read_text().splitlines():
        words = re.sub(r'(^|\s)#.*', '', line).split()
        if words:
            yield words


def number(word):
    return None if word == '-' else int(word, 0)


def load_constants(file=HERE / 'mpi_constants.table'):
    """All constants in file order, as {section: [Constant]}."""
    sections, section = {}, None
    for words in rows(file):
        if words[0].startswith('['):
            section = words[0].strip('[]')
            sections[section] = []
        elif section in HANDLE_SECTIONS:
            name, standard, mpich, symbol, fortran = words
            sections[section].append(Constant(name, section, int(standard, 0), number(mpich), None,
                                              None if symbol == '-' else symbol, number(fortran)))
        else:
            name, standard, mpich, openmpi = words
            sections[section].append(Constant(name, section, int(standard, 0), number(mpich), number(openmpi), None, None))
    return sections


# What MPI-3 removed (MPI 4.1 §17.1).
REMOVED = {f'MPI_{n}' for n in ('Address', 'Errhandler_create', 'Errhandler_get', 'Errhandler_set', 'Type_extent', 'Type_hindexed',
                                'Type_hvector', 'Type_lb', 'Type_struct', 'Type_ub')}

KEYWORDS = {'and', 'or', 'not', 'new', 'delete', 'operator', 'export', 'default'}


@dataclass
class Parameter:
    name: str
    kind: str
    direction: str     # in, out, inout
    array: bool
    length: str        # expression over the other parameters' names, or peers, in_neighbors, out_neighbors, or ''
    used: str          # number of elements valid at the end; `length` when the table gives no other
    raw: str           # C type as written, for kinds outside of our interest
    mutable: bool      # an input that is not const in C
    large_only: bool   # only in the _c sibling

    @property
    def out(self):
        return self.direction != 'in'


@dataclass
class Function:
    mpi: str           # MPI_Send
    treatment: str     # body, shell, not_yet
    lower: bool
    large: str         # '', '+c' or '+C'; see gen/mpi_api.table
    returns: str       # kind
    parameters: list
    variadic: bool
    chapter: str

    @property
    def name(self):
        """Name of its body and lower call."""
        lower = self.mpi[4:].lower()
        return lower + '_' if lower in KEYWORDS else lower

    def small_parameters(self):
        return [p for p in self.parameters if not p.large_only]

    def in_standard(self):
        """Whether the C header of MPI 5.0 has it: not what MPI-3 removed, nor Fortran's conversions."""
        return self.mpi not in REMOVED and not re.search('_(c2f|f2c|c2f08|f082c)$', self.mpi)

    def own_large_body(self):
        """Its large-count sibling has a body of its own, mana::api::<name>_c."""
        return self.large == '+C'

    def array_length(self, p):
        """Length expression of an input array; of those of vector collectives, which the table leaves out, by MPI's rules."""
        if p.length or not p.array or p.kind not in ('count', 'displ', 'aint'):
            return p.length
        operation = self.mpi[4:].removesuffix('_init').lower()
        if 'neighbor_' in operation:
            return 'out_neighbors' if p.name.startswith('s') else 'in_neighbors'
        lengths = {'gatherv': 'peers_at_root', 'scatterv': 'peers_at_root', 'reduce_scatter': 'members'}
        return lengths.get(operation.removeprefix('i'), 'peers')


PARAMETER = re.compile(r"(\+?)(\w+):(fn\(\w+\)|\w+)(<>|>|)(~?)(?:\[([^\]|]*)(?:\|(\w+))?\])?$")


def parse_parameter(token):
    raw = re.match(r"(\w+)='([^']*)'$", token)
    if raw:
        return Parameter(raw[1], 'raw', 'in', False, '', '', raw[2], False, False)
    match = PARAMETER.match(token)
    if not match:
        raise SystemExit(f'mpi_api.table: cannot read parameter {token!r}')
    large_only, name, kind, arrow, mutable, length, used = match.groups()
    direction = {'': 'in', '>': 'out', '<>': 'inout'}[arrow]
    return Parameter(name, kind, direction, length is not None, length or '', used or length or '', '', bool(mutable), bool(large_only))


def parse_function(line, chapter):
    words = re.findall(r"\w+='[^']*'|\S+", line)
    treatment, lower, name, *rest = words
    name, large = re.match(r'(\w+)(\+[cC])?$', name).groups()
    returns = 'int'
    if rest and rest[0] == '->':
        returns, rest = rest[1], rest[2:]
    variadic = '...' in rest
    parameters = [parse_parameter(t) for t in rest if t != '...']
    return Function('MPI_' + name, treatment, lower == 'lower', large or '', returns, parameters, variadic, chapter)


def load_functions(file=HERE / 'mpi_api.table'):
    """All functions in file order."""
    functions, chapter = [], ''
    for line in file.read_text().splitlines():
        if line.startswith('# '):
            chapter = line[2:]
        elif line.strip() and not line.startswith('#'):
            functions.append(parse_function(line, chapter))
    return functions


def load_custom_entries(file=HERE / 'custom_entries.table'):
    """Names of the hand-written lower entries."""
    return [words[0] for words in rows(file) if len(words) == 1]


def load_direct_entries(file=HERE / 'custom_entries.table'):
    """(name, function, number of arguments) of the entries that are called without a door, too."""
    return [(words[0], words[2], int(words[3])) for words in rows(file) if len(words) > 1]
