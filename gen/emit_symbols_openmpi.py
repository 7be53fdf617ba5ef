# SPDX-License-Identifier: Apache-2.0
"""Writes symbols_openmpi.cpp: the exported objects whose addresses are Open MPI's predefined handles.

Programs copy them into themselves (R_X86_64_COPY): sizes must be Open MPI's, contents link-time constants.
"""
import sys

from tables import HANDLE_SECTIONS, load_constants

BYTES = {'comm': 512, 'datatype': 512, 'win': 512, 'session': 512, 'group': 256, 'info': 256, 'request': 256,
         'message': 256, 'errhandler': 1024, 'file': 1536, 'op': 2048}

# Objects that no C name of a handle leads to: symbol -> the constant it equals.
NAMELESS = {'ompi_mpi_ldblcplex': 'C_LONG_DOUBLE_COMPLEX'}

HEAD = '''// SPDX-License-Identifier: Apache-2.0
// Open MPI's predefined objects: {magic, vid}, the header that a user's object begins with, in Open MPI's size. Generated.
#include <cstdint>

#include "upper_half/objects.hpp"

namespace {

template <std::size_t bytes>
struct Predefined {
  std::uint32_t magic, vid;
  unsigned char rest[bytes - 8];
};

}  // namespace

#define MANA_PREDEFINED(bytes, name, value)                                  \\
  extern "C" [[gnu::visibility("default")]] Predefined<bytes> name;           \\
  constinit Predefined<bytes> name = {mana::upper::object_magic, value, {}}; \\
  static_assert(sizeof name == bytes);

'''


def main(output):
    sections = load_constants()
    datatypes = {c.name: c.standard for c in sections['datatype']}
    with open(output, 'w') as out:
        out.write(HEAD)
        for symbol, name in NAMELESS.items():
            out.write(f'MANA_PREDEFINED({BYTES["datatype"]}, {symbol}, {datatypes[name]:#x})\n')
        for section in HANDLE_SECTIONS:
            for c in sections[section]:
                if c.symbol:
                    out.write(f'MANA_PREDEFINED({BYTES[section]}, {c.symbol}, {c.standard:#x})\n')


main(sys.argv[1])
