// SPDX-License-Identifier: Apache-2.0
// MPI_SIZEOF (MPI 4.1 §19.1.9): a generic of Fortran that the compiler resolves to one of these by type and rank. The argument
// is a descriptor for arrays, an address for scalars; it isn't looked at.
#include "mpi_wrappers/openmpi/mpifh/fortran.hpp"

using namespace mana::fortran;

#define MANA_SIZEOF(type, rank, bytes)                                                       \
  extern "C" MANA_EXPORT void mpi_sizeof_##type##_##rank##_(void*, int* size, int* ierror) { \
    *size = bytes;                                                                           \
    finish(ierror, 0);                                                                       \
  }                                                                                          \
  MANA_FORTRAN_NAME(mpi_sizeof_##type##_##rank##_, pmpi_sizeof_##type##_##rank##_)
// clang-format off
#define MANA_SIZEOF_RANKS(type, bytes)                                                                               \
  MANA_SIZEOF(type, scalar, bytes) MANA_SIZEOF(type, r1, bytes) MANA_SIZEOF(type, r2, bytes) MANA_SIZEOF(type, r3, bytes)    \
  MANA_SIZEOF(type, r4, bytes) MANA_SIZEOF(type, r5, bytes) MANA_SIZEOF(type, r6, bytes) MANA_SIZEOF(type, r7, bytes)        \
  MANA_SIZEOF(type, r8, bytes) MANA_SIZEOF(type, r9, bytes) MANA_SIZEOF(type, r10, bytes) MANA_SIZEOF(type, r11, bytes)      \
  MANA_SIZEOF(type, r12, bytes) MANA_SIZEOF(type, r13, bytes) MANA_SIZEOF(type, r14, bytes) MANA_SIZEOF(type, r15, bytes)
// clang-format on

MANA_SIZEOF_RANKS(character, 1)
MANA_SIZEOF_RANKS(logical, 4)
MANA_SIZEOF_RANKS(int8, 1)
MANA_SIZEOF_RANKS(int16, 2)
MANA_SIZEOF_RANKS(int32, 4)
MANA_SIZEOF_RANKS(int64, 8)
MANA_SIZEOF_RANKS(real32, 4)
MANA_SIZEOF_RANKS(real64, 8)
MANA_SIZEOF_RANKS(real128, 16)
MANA_SIZEOF_RANKS(complex32, 8)
MANA_SIZEOF_RANKS(complex64, 16)
MANA_SIZEOF_RANKS(complex128, 32)
