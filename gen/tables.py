# SPDX-License-Identifier: Apache-2.0
"""Reads gen/mpi_constants.table: every MPI constant with its value in the three ABIs."""
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
