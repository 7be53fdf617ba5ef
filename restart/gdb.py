# SPDX-License-Identifier: Apache-2.0
"""For gdb: symbols of the program in a process started by mana_launch or mana_restart, or in its core file.

    mana gdb PID|CORE                       does all of it
    (gdb) source …/share/mana/gdb.py        by hand: in a gdb that is attached, or has the core of lower-<mpi>,
    (gdb) mana-symbols                      reads the list of the program's libraries and loads their symbols

gdb by itself knows the process as lower-<mpi> with the real MPI and its libraries. The program, its libc and its other libraries were
loaded by an ld.so of their own, and after a restart no file is mapped where they lie: their list stands in the window's state.
"""
import collections
import os
import re
import struct

import gdb
import gdb.unwinder

WINDOW, WINDOW_MAGIC = 0x100000000000, 0x776F646E69774D
LOADED_OBJECTS, EXECUTABLE = 16, 24  # WindowState, upper_half/resident/window.hpp
MOST_OBJECTS = 10000


def memory(address, count):
    return gdb.selected_inferior().read_memory(address, count).tobytes()


def words(address, count):
    return struct.unpack(f"<{count}Q", memory(address, 8 * count))


def text(address):
    """A string of unknown length; it may end just before memory that can't be read."""
    found = b""
    while b"\0" not in found and len(found) < 4096:
        found += memory(address + len(found), 64 - (address + len(found)) % 64)
    return os.fsdecode(found.split(b"\0")[0])


def loaded_objects():
    """(file, offset) of the program and its libraries, from its ld.so's list."""
    magic = struct.unpack("<Q", memory(WINDOW, 8))[0]
    if magic != WINDOW_MAGIC:
        raise gdb.GdbError("no program of mana is loaded here")
    debug = words(WINDOW + LOADED_OBJECTS, 1)[0]
    if debug == 0:
        raise gdb.GdbError("the program has not come so far that its libraries are known")
    entry = words(debug + 8, 1)[0]  # r_debug::r_map
    found = []
    while entry != 0 and len(found) < MOST_OBJECTS:
        offset, name, _, following = words(entry, 4)  # link_map: l_addr, l_name, l_ld, l_next
        file = text(name) or (text(WINDOW + EXECUTABLE) if not found else "")
        if os.path.isfile(file):
            found.append((file, offset))
        entry = following
    return found


class Symbols(gdb.Command):
    """Loads the symbols of the program and its libraries, where they lie in a process of mana."""

    def __init__(self):
        super().__init__("mana-symbols", gdb.COMMAND_FILES)

    def invoke(self, argument, from_tty):
        for file, offset in loaded_objects():
            gdb.execute(f"add-symbol-file {file} -o {offset:#x}", to_string=True)


def lower_half_of(core):
    """The program that gdb takes the core for; its path stands in the core's notes."""
    with open(core, "rb") as file:
        found = re.search(rb"(/[^\0]*/libexec/mana/lower-(?:none|mpich|openmpi|abi))\0", file.read(1 << 22))
    if not found:
        raise gdb.GdbError(f"{core} is no core file of a program started by mana")
    return os.fsdecode(found.group(1))


class Open(gdb.Command):
    """mana-open PID|CORE: attaches to a process, or opens a core file, and loads the program's symbols."""

    def __init__(self):
        super().__init__("mana-open", gdb.COMMAND_FILES)

    def invoke(self, argument, from_tty):
        if argument.isdigit():
            gdb.execute(f"attach {argument}")
        else:
            gdb.execute(f"file {lower_half_of(argument)}")
            gdb.execute(f"core-file {argument}")
        gdb.execute("mana-symbols")


class Redirected(gdb.unwinder.Unwinder):
    """Frames of the resident code, into which system calls of the program are redirected: their caller is the program's code behind the call.

    Below them on the stack lies an address in a trampoline, `lea 128(%rsp),%rsp; jmp back`; the caller's rbp lies seven words under it.
    """

    TRAMPOLINE = bytes([0x48, 0x8D, 0xA4, 0x24, 0x80, 0, 0, 0, 0xE9])
    RESIDENT = range(WINDOW + 0x10000, WINDOW + 0x100000)
    MOST_WORDS = 1024
    Frame = collections.namedtuple("Frame", "sp pc")

    def __init__(self):
        super().__init__("mana-redirected")

    def code_behind(self, address):
        """Where the trampoline at this address jumps back to; 0: there is none."""
        if not WINDOW <= address < 2 * WINDOW and not 0x10000 <= address < 1 << 32:
            return 0
        try:
            code = memory(address, len(self.TRAMPOLINE) + 4)
        except gdb.MemoryError:
            return 0
        distance = struct.unpack("<i", code[-4:])[0]
        return address + len(code) + distance if code.startswith(self.TRAMPOLINE) else 0

    def __call__(self, frame):
        identity = self.Frame(frame.read_register("rsp"), frame.read_register("rip"))
        sp, pc = (int(value) & (1 << 64) - 1 for value in identity)
        if pc not in self.RESIDENT:
            return None
        for slot in range(sp, sp + 8 * self.MOST_WORDS, 8):
            back = self.code_behind(words(slot, 1)[0])
            if back == 0:
                continue
            found = frame.create_unwind_info(identity)
            number = gdb.lookup_type("unsigned long")
            for name, value in (("rip", back), ("rsp", slot + 8 + 128), ("rbp", words(slot - 56, 1)[0])):
                found.add_saved_register(name, gdb.Value(value).cast(number))
            return found
        return None


gdb.execute("set confirm off")
gdb.unwinder.register_unwinder(None, Redirected(), replace=True)
Symbols()
Open()
