// SPDX-License-Identifier: Apache-2.0
// One row for each predefined datatype of MPI 4.1 (§3.2.2, §5.1.11 for the pair types).
#pragma once

#include <cstdint>

#include "gen/mpi_constants.hpp"

namespace mana::upper {

struct PredefinedType {
  std::uint32_t vid;
  const char* name;
  std::int32_t size, extent, true_extent;
  std::int32_t elements;   ///< basic elements as MPI_Get_elements counts them
  std::int32_t first;      ///< bytes of the first basic element
  std::uint32_t equal_to;  ///< a type with the same values, for a real MPI that lacks this one; 0: none
  char typeclass;          ///< for MPI_Type_match_size: r, i, c, l; 0: none
};

inline constexpr PredefinedType simple(std::uint32_t vid, const char* name, int size, std::uint32_t equal_to = 0, char typeclass = 0) {
  return {vid, name, size, size, size, 1, size, equal_to, typeclass};
}
inline constexpr PredefinedType pair(std::uint32_t vid, const char* name, int first, int second, int true_extent, int extent, std::uint32_t equal_to = 0) {
  return {vid, name, first + second, extent, true_extent, 2, first, equal_to, 0};
}

/// Order matters for MPI_Type_match_size: the first one of a class and size is the answer.
inline constexpr PredefinedType predefined_types[] = {
    {mpi::DATATYPE_NULL, "MPI_DATATYPE_NULL", 0, 0, 0, 0, 0, 0, 0},
    simple(mpi::AINT, "MPI_AINT", 8, mpi::INT64_T),
    simple(mpi::COUNT, "MPI_COUNT", 8, mpi::INT64_T),
    simple(mpi::OFFSET, "MPI_OFFSET", 8, mpi::INT64_T),
    simple(mpi::PACKED, "MPI_PACKED", 1),
    simple(mpi::SHORT, "MPI_SHORT", 2),
    simple(mpi::INT, "MPI_INT", 4),
    simple(mpi::LONG, "MPI_LONG", 8),
    simple(mpi::LONG_LONG, "MPI_LONG_LONG_INT", 8, mpi::INT64_T),
    simple(mpi::UNSIGNED_SHORT, "MPI_UNSIGNED_SHORT", 2),
    simple(mpi::UNSIGNED, "MPI_UNSIGNED", 4),
    simple(mpi::UNSIGNED_LONG, "MPI_UNSIGNED_LONG", 8),
    simple(mpi::UNSIGNED_LONG_LONG, "MPI_UNSIGNED_LONG_LONG", 8, mpi::UINT64_T),
    simple(mpi::FLOAT, "MPI_FLOAT", 4),
    simple(mpi::C_FLOAT_COMPLEX, "MPI_C_COMPLEX", 8, mpi::COMPLEX),
    simple(mpi::CXX_FLOAT_COMPLEX, "MPI_CXX_FLOAT_COMPLEX", 8, mpi::C_FLOAT_COMPLEX),
    simple(mpi::DOUBLE, "MPI_DOUBLE", 8),
    simple(mpi::C_DOUBLE_COMPLEX, "MPI_C_DOUBLE_COMPLEX", 16, mpi::DOUBLE_COMPLEX),
    simple(mpi::CXX_DOUBLE_COMPLEX, "MPI_CXX_DOUBLE_COMPLEX", 16, mpi::C_DOUBLE_COMPLEX),
    simple(mpi::LOGICAL, "MPI_LOGICAL", 4, mpi::INT32_T),
    simple(mpi::INTEGER, "MPI_INTEGER", 4, mpi::INT32_T),
    simple(mpi::REAL, "MPI_REAL", 4, mpi::FLOAT),
    simple(mpi::COMPLEX, "MPI_COMPLEX", 8, mpi::C_FLOAT_COMPLEX),
    simple(mpi::DOUBLE_PRECISION, "MPI_DOUBLE_PRECISION", 8, mpi::DOUBLE),
    simple(mpi::DOUBLE_COMPLEX, "MPI_DOUBLE_COMPLEX", 16, mpi::C_DOUBLE_COMPLEX),
    simple(mpi::CHARACTER, "MPI_CHARACTER", 1, mpi::CHAR),
    simple(mpi::LONG_DOUBLE, "MPI_LONG_DOUBLE", 16),
    simple(mpi::C_LONG_DOUBLE_COMPLEX, "MPI_C_LONG_DOUBLE_COMPLEX", 32),
    simple(mpi::CXX_LONG_DOUBLE_COMPLEX, "MPI_CXX_LONG_DOUBLE_COMPLEX", 32, mpi::C_LONG_DOUBLE_COMPLEX),
    pair(mpi::FLOAT_INT, "MPI_FLOAT_INT", 4, 4, 8, 8),
    pair(mpi::DOUBLE_INT, "MPI_DOUBLE_INT", 8, 4, 12, 16),
    pair(mpi::LONG_INT, "MPI_LONG_INT", 8, 4, 12, 16),
    pair(mpi::TYPE_2INT, "MPI_2INT", 4, 4, 8, 8),
    pair(mpi::SHORT_INT, "MPI_SHORT_INT", 2, 4, 8, 8),
    pair(mpi::LONG_DOUBLE_INT, "MPI_LONG_DOUBLE_INT", 16, 4, 20, 32),
    pair(mpi::TYPE_2REAL, "MPI_2REAL", 4, 4, 8, 8),
    pair(mpi::TYPE_2DOUBLE_PRECISION, "MPI_2DOUBLE_PRECISION", 8, 8, 16, 16),
    pair(mpi::TYPE_2INTEGER, "MPI_2INTEGER", 4, 4, 8, 8, mpi::TYPE_2INT),
    simple(mpi::C_BOOL, "MPI_C_BOOL", 1),
    simple(mpi::CXX_BOOL, "MPI_CXX_BOOL", 1, mpi::C_BOOL),
    simple(mpi::WCHAR, "MPI_WCHAR", 4, mpi::INT32_T),
    simple(mpi::INT8_T, "MPI_INT8_T", 1, mpi::SIGNED_CHAR),
    simple(mpi::UINT8_T, "MPI_UINT8_T", 1, mpi::UNSIGNED_CHAR),
    simple(mpi::CHAR, "MPI_CHAR", 1),
    simple(mpi::SIGNED_CHAR, "MPI_SIGNED_CHAR", 1),
    simple(mpi::UNSIGNED_CHAR, "MPI_UNSIGNED_CHAR", 1),
    simple(mpi::BYTE, "MPI_BYTE", 1),
    simple(mpi::INT16_T, "MPI_INT16_T", 2, mpi::SHORT),
    simple(mpi::UINT16_T, "MPI_UINT16_T", 2, mpi::UNSIGNED_SHORT),
    simple(mpi::INT32_T, "MPI_INT32_T", 4, mpi::INT),
    simple(mpi::UINT32_T, "MPI_UINT32_T", 4, mpi::UNSIGNED),
    simple(mpi::INT64_T, "MPI_INT64_T", 8, mpi::LONG),
    simple(mpi::UINT64_T, "MPI_UINT64_T", 8, mpi::UNSIGNED_LONG),
    simple(mpi::LOGICAL1, "MPI_LOGICAL1", 1, mpi::INT8_T, 'l'),
    simple(mpi::INTEGER1, "MPI_INTEGER1", 1, mpi::INT8_T, 'i'),
    simple(mpi::LOGICAL2, "MPI_LOGICAL2", 2, mpi::INT16_T, 'l'),
    simple(mpi::INTEGER2, "MPI_INTEGER2", 2, mpi::INT16_T, 'i'),
    simple(mpi::REAL2, "MPI_REAL2", 2, 0, 'r'),
    simple(mpi::LOGICAL4, "MPI_LOGICAL4", 4, mpi::INT32_T, 'l'),
    simple(mpi::INTEGER4, "MPI_INTEGER4", 4, mpi::INT32_T, 'i'),
    simple(mpi::REAL4, "MPI_REAL4", 4, mpi::FLOAT, 'r'),
    simple(mpi::COMPLEX4, "MPI_COMPLEX4", 4, 0, 'c'),
    simple(mpi::LOGICAL8, "MPI_LOGICAL8", 8, mpi::INT64_T, 'l'),
    simple(mpi::INTEGER8, "MPI_INTEGER8", 8, mpi::INT64_T, 'i'),
    simple(mpi::REAL8, "MPI_REAL8", 8, mpi::DOUBLE, 'r'),
    simple(mpi::COMPLEX8, "MPI_COMPLEX8", 8, mpi::C_FLOAT_COMPLEX, 'c'),
    simple(mpi::LOGICAL16, "MPI_LOGICAL16", 16, 0, 'l'),
    simple(mpi::INTEGER16, "MPI_INTEGER16", 16, 0, 'i'),
    simple(mpi::REAL16, "MPI_REAL16", 16, 0, 'r'),
    simple(mpi::COMPLEX16, "MPI_COMPLEX16", 16, mpi::C_DOUBLE_COMPLEX, 'c'),
    simple(mpi::COMPLEX32, "MPI_COMPLEX32", 32, 0, 'c'),
    {mpi::LB, "MPI_LB", 0, 0, 0, 0, 0, 0, 0},
    {mpi::UB, "MPI_UB", 0, 0, 0, 0, 0, 0, 0},
    pair(mpi::TYPE_2COMPLEX, "MPI_2COMPLEX", 8, 8, 16, 16),
    pair(mpi::TYPE_2DOUBLE_COMPLEX, "MPI_2DOUBLE_COMPLEX", 16, 16, 32, 32),
};

}  // namespace mana::upper
