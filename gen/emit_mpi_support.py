# SPDX-License-Identifier: Apache-2.0
"""Writes docs/mpi-support.md from the API table.

usage: emit_mpi_support.py OUTPUT          write
       emit_mpi_support.py --check FILE    fail if FILE is not what would be written
"""
import re
import sys
from pathlib import Path

from kinds import HANDLES
from tables import load_functions

HEAD = '''<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Generated from gen/mpi_api.table by gen/emit_mpi_support.py; `meson compile mpi-support` rewrites it. -->
# MPI functions

Every function exists as `MPI_` and `PMPI_` in our `libmpi.so.12` (MPICH ABI) and `libmpi.so.40` (Open MPI ABI).

- **yes**: works before and after a restart, under the same or the other MPI; the last column says how.
- **local**: answered in the application's half without the real MPI; nothing to restore.
- **not yet**: calling it ends the job with one line that names the function.
- **+ `_c`**: the large-count sibling too.

'''

REMADE = 'object is recorded and remade in order on restart'
CHAPTERS = {
    'Collectives': 'counted per communicator; a checkpoint never cuts a collective in two',
    'Groups': 'answered from our member lists',
    'Info': 'kept in the application\'s half',
    'Error handlers': 'kept in the application\'s half',
    'Attributes of MPI-1': 'kept in the application\'s half',
    'Topologies': 'answered from our record',
    'Communicators': 'answered from our record',
    'Datatypes': 'answered from our record',
    'Operations': 'answered from our record',
    'Point-to-point, completion, probe, buffers, status': 'messages in flight are received into the image and handed out after restart',
}
LOCAL_P2P = r'MPI_(Get_(count|elements)|Status_|Test_cancelled|Buffer_)'


def restart_behaviour(f):
    if f.treatment != 'body':
        return ''
    creates = any(p.direction == 'out' and p.kind in ('comm', 'datatype', 'op', 'errhandler') for p in f.parameters)
    if creates and not re.search(r'_get_|_idup', f.mpi):
        return REMADE
    if re.match(LOCAL_P2P, f.mpi):
        return 'answered from our status or buffer'
    if f.mpi in ('MPI_Pack', 'MPI_Unpack'):
        return 'packed data stays readable under the same MPI'
    return CHAPTERS.get(f.chapter, 'state is kept')


def main_table():
    text, chapter = HEAD, None
    words = {'body': 'yes', 'shell': 'local', 'not_yet': 'not yet'}
    functions = load_functions()
    counts = {t: sum(f.treatment == t for f in functions) for t in words}
    text += ', '.join(f'{n} {words[t]}' for t, n in counts.items()) + f'; {len(functions)} functions.\n'
    for f in functions:
        if f.chapter != chapter:
            chapter = f.chapter
            text += f'\n## {chapter}\n\n| function | supported | restart |\n|---|---|---|\n'
        large = ' (+ `_c`)' if f.large and f.treatment != 'not_yet' else ''
        text += f'| {f.mpi}{large} | {words[f.treatment]} | {restart_behaviour(f)} |\n'
    return text


def main():
    if sys.argv[1] == '--check':
        if Path(sys.argv[2]).read_text() != main_table():
            raise SystemExit(f'{sys.argv[2]} is out of date: run `meson compile mpi-support`')
    else:
        Path(sys.argv[1]).write_text(main_table())


main()
