# SPDX-License-Identifier: Apache-2.0
"""Writes docs/mpi-support.md from the API table and the live programs that call each function.

usage: emit_mpi_support.py OUTPUT          write
       emit_mpi_support.py --check FILE    fail if FILE is not what would be written
       emit_mpi_support.py --untested      print the functions that no live program calls, but for those with a reason
"""
import re
import sys
from pathlib import Path

from kinds import HANDLES
from tables import load_functions

HEAD = '''<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Generated from gen/mpi_api.table by gen/emit_mpi_support.py; `meson compile mpi-support` rewrites it. -->
# MPI functions

Every function exists as `MPI_` and `PMPI_` in our `libmpi.so.12` (MPICH ABI), `libmpi.so.40` (Open MPI ABI) and `libmpi_abi.so.1` (standard ABI).

- **yes**: works before and after a restart, under the same or the other MPI; the third column says how.
- **local**: answered in the application's half without the real MPI; nothing to restore.
- **not yet**: calling it ends the job with one line that names the function.
- **+ `_c`**: the large-count sibling too.
- **shown by**: programs of `tests/live` that call it and are checkpointed and restarted, the ones with the fewest other functions first.

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
# What no program can show by being restarted, with the reason.
REASONS = {
    r'MPI_T_': 'offers no variables, categories or events: those of the real MPI change with it',
    r'MPI_(Abort)$': 'ends the job',
}
LIVE = Path(__file__).resolve().parents[1] / 'tests' / 'live'
SHOWN_AT_MOST = 3
LOCAL_P2P = r'MPI_(Get_(count|elements)|Status_|Test_cancelled|Buffer_)'


def included(text):
    """A program's own text and that of the headers of tests/live/lib that it includes."""
    headers = re.findall(r'^\s*#?include [<"\']lib/([\w.]+)[>"\']', text, re.M | re.I)
    return text + ''.join((LIVE / 'lib' / h).read_text() for h in headers if h != 'live.h' and (LIVE / 'lib' / h).exists())


def called_by():
    """{MPI_X in lower case: live programs with a cut place that name it, the most specific ones first}."""
    calls = {}
    for source in sorted(LIVE.iterdir()):
        text = source.read_text() if source.suffix in ('.c', '.cpp', '.f90') else ''
        if re.search(r'^(?://|!) live: .*cuts=', text, re.M) and 'should-fail' not in text:
            found = re.findall(r'\bP?(MPI_\w+)\s*\(', included(text), re.I)
            calls[source.stem] = {re.sub('_c$', '', name.lower()) for name in found}
    programs = {}
    for program in sorted(calls, key=lambda p: (len(calls[p]), p)):
        for name in calls[program]:
            programs.setdefault(name, []).append(program)
    everywhere = re.findall(r'\b(MPI_\w+)\s*\(', (LIVE / 'lib' / 'live.h').read_text())
    return programs | {name.lower(): ['every program'] for name in everywhere}


def shown_by(f, programs):
    return ', '.join(programs.get(f.mpi.lower(), [])[:SHOWN_AT_MOST])


def reason(f):
    return next((why for pattern, why in REASONS.items() if re.match(pattern, f.mpi)), '')


def restart_behaviour(f):
    if reason(f):
        return reason(f)
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
    functions, programs = load_functions(), called_by()
    counts = {t: sum(f.treatment == t for f in functions) for t in words}
    text += ', '.join(f'{n} {words[t]}' for t, n in counts.items()) + f'; {len(functions)} functions.\n'
    for f in functions:
        if f.chapter != chapter:
            chapter = f.chapter
            text += f'\n## {chapter}\n\n| function | supported | restart | shown by |\n|---|---|---|---|\n'
        large = ' (+ `_c`)' if f.large and f.treatment != 'not_yet' else ''
        text += f'| {f.mpi}{large} | {words[f.treatment]} | {restart_behaviour(f)} | {shown_by(f, programs)} |\n'
    return text


def main():
    if sys.argv[1] == '--untested':
        programs = called_by()
        print('\n'.join(f.mpi for f in load_functions() if not shown_by(f, programs) and not reason(f)))
    elif sys.argv[1] == '--check':
        if Path(sys.argv[2]).read_text() != main_table():
            raise SystemExit(f'{sys.argv[2]} is out of date: run `meson compile mpi-support`')
    else:
        Path(sys.argv[1]).write_text(main_table())


main()
