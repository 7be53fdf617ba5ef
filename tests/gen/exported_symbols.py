# SPDX-License-Identifier: Apache-2.0
"""Reads the dynamic symbols of a shared object (ELF64, little endian) without any tool: names, sizes, kinds.

Used by the checks that our libraries export what the real ones do.
"""
import re
import struct
import subprocess
from pathlib import Path

OBJECT, FUNCTION = 1, 2
GLOBAL, WEAK = 1, 2


class Symbol:
    def __init__(self, kind, binding, size, defined):
        self.kind, self.binding, self.size, self.defined = kind, binding, size, defined


def find_library(name):
    """Path of a library by soname, as the dynamic loader knows it; a path stays a path; None if there is none."""
    if '/' in name:
        return name if Path(name).exists() else None
    cache = subprocess.run(['/sbin/ldconfig', '-p'], capture_output=True, text=True).stdout
    found = re.search(rf'^\s*{re.escape(name)} .*=> (\S+)$', cache, re.M)
    return found[1] if found else None


def dynamic_symbols(path):
    """{name: Symbol} of .dynsym."""
    data = Path(path).read_bytes()
    if data[:5] != b'\x7fELF\x02':
        raise SystemExit(f'{path}: not a 64-bit ELF file')
    offset, size, count = struct.unpack_from('<Q', data, 0x28)[0], *struct.unpack_from('<HH', data, 0x3a)
    sections = [struct.unpack_from('<IIQQQQIIQQ', data, offset + i * size) for i in range(count)]
    table = next(s for s in sections if s[1] == 11)
    names = sections[table[6]][4]
    symbols = {}
    for at in range(table[4] + 24, table[4] + table[5], 24):
        name, info, _, section, _, bytes_ = struct.unpack_from('<IBBHQQ', data, at)
        text = data[names + name:data.index(b'\0', names + name)].decode()
        symbols[text] = Symbol(info & 15, info >> 4, bytes_, section != 0)
    return symbols
