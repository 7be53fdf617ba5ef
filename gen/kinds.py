# SPDX-License-Identifier: Apache-2.0
"""Parameter kinds of gen/mpi_api.table: their C types in mpi.h, inside the upper half, and towards the lower half."""

# Object classes: kind -> (type name in mpi.h, struct name in mana::upper).
HANDLES = {
    'comm': ('MPI_Comm', 'Comm'), 'group': ('MPI_Group', 'Group'), 'datatype': ('MPI_Datatype', 'Datatype'),
    'op': ('MPI_Op', 'Op'), 'errhandler': ('MPI_Errhandler', 'Errhandler'), 'info': ('MPI_Info', 'Info'),
    'request': ('MPI_Request', 'Request'), 'message': ('MPI_Message', 'Message'), 'win': ('MPI_Win', 'Win'),
    'file': ('MPI_File', 'File'), 'session': ('MPI_Session', 'Session'),
}

# The error class of an invalid handle.
INVALID = {'comm': 'ERR_COMM', 'group': 'ERR_GROUP', 'datatype': 'ERR_TYPE', 'op': 'ERR_OP', 'errhandler': 'ERR_ARG',
           'info': 'ERR_INFO', 'request': 'ERR_REQUEST', 'message': 'ERR_REQUEST', 'win': 'ERR_WIN', 'file': 'ERR_FILE',
           'session': 'ERR_SESSION'}

# Integers whose special values differ between ABIs: translated by a function of the kind's name.
TRANSLATED = ('rank', 'tag', 'thread_level', 'comparison', 'topology', 'combiner', 'split_type', 'order', 'distribution',
              'distribution_argument', 'typeclass', 'lock_type', 'file_mode', 'window_assert', 'seek', 'comm_keyval',
              'win_keyval', 'error')

# Integers that are the same everywhere (user-chosen, sizes, flags; UNDEFINED has one value in all ABIs).
PLAIN = ('int', 'logical')

# Integers with another type in mpi.h and inside: kind -> (mpi.h, mpi.h of the _c sibling, inside).
SIZED = {
    'count': ('int', 'MPI_Count', 'int'), 'displ': ('int', 'MPI_Aint', 'int'),
    'extent': ('MPI_Aint', 'MPI_Count', 'std::int64_t'), 'aint': ('MPI_Aint', 'MPI_Aint', 'std::int64_t'),
    'wide': ('MPI_Count', 'MPI_Count', 'std::int64_t'), 'offset': ('MPI_Offset', 'MPI_Offset', 'std::int64_t'),
    'fint': ('MPI_Fint', 'MPI_Fint', 'int'), 'double': ('double', 'double', 'double'),
}

INTEGERS = TRANSLATED + PLAIN + tuple(SIZED)


# Integers that a large-count sibling widens inside, too.
WIDENED = ('count', 'displ')


def integer_type(kind, world, large=False):
    """C type of an integer kind in `world`: 'mpi' (as mpi.h has it) or 'inside'."""
    if kind in SIZED:
        small, big, inside = SIZED[kind]
        if world == 'inside':
            return 'std::int64_t' if large and kind in WIDENED else inside
        return big if large else small
    return 'int'


def c_type(p, world, large=False):
    """C type of parameter `p` in 'mpi' (mpi.h's names), 'upper' (bodies) or 'lower' (mana::lower_call)."""
    if p.raw:
        return p.raw
    pointer = p.out or p.array
    const = 'const ' if p.array and not p.out and not (p.mutable and world == 'mpi') else ''
    if p.kind in HANDLES:
        name, struct = HANDLES[p.kind]
        if world == 'upper':
            base = f'{struct}*'
            return f'{base} const*' if const else f'{base}*' if pointer else base
        base = name if world == 'mpi' else 'std::uint64_t'
        return f'{const}{base}*' if pointer else base
    if p.kind in INTEGERS:
        base = integer_type(p.kind, 'mpi' if world == 'mpi' else 'inside', large)
        return f'{const}{base}*' if pointer else base
    if p.kind == 'status':
        base = 'MPI_Status' if world == 'mpi' else 'Status' if world == 'upper' else 'upper::Status'
        return f'{base}*' if p.out else f'const {base}*'
    if p.kind == 'weights':
        return 'int*' if p.out else 'const int*'
    if p.kind == 'range':
        return 'int (*)[3]' if world == 'mpi' else 'const int (*)[3]'
    if p.kind.startswith('fn('):
        return f'MPI_{p.kind[3:-1]}{"_c" if large and p.kind in POLYMORPHIC_FUNCTIONS else ""}*' if world == 'mpi' else 'AnyFunction'
    return {
        'buffer': 'void*' if p.out else 'const void*', 'address': 'void*',
        'string': 'char*' if p.out else 'const char*', 'string_array': 'char**', 'string_2darray': 'char***',
        'argc': 'int*', 'argv': 'char***',
        'f_status': 'MPI_Fint*' if p.out else 'const MPI_Fint*',
        'f08_status': 'MPI_F08_status*' if p.out else 'const MPI_F08_status*',
    }[p.kind]


POLYMORPHIC_FUNCTIONS = ('fn(User_function)', 'fn(Datarep_conversion_function)')
