// SPDX-License-Identifier: Apache-2.0
// Attribute values that Fortran has set (MPI 4.1 §19.3.7): C programs get a pointer to the integer, Fortran programs the
// integer. Such a value is kept as the address of a cell of this pool, so that attributes carry one kind of pointer only.
#pragma once

#include <cstdint>

namespace mana::upper {

/// A new cell.
void* make_fortran_value(std::int64_t integer);
/// Whether an attribute's value is such a cell.
bool is_fortran_value(const void* value);
/// Gives a cell back; other values are left alone.
void drop_fortran_value(void* value);
/// What Fortran sees of the value of a user keyval: the integer, or the pointer that C has set.
std::int64_t as_fortran_value(const void* value);
/// What Fortran sees where C gets `value` for any keyval (standard value): the predefined ones yield pointers to integers,
/// MPI_WIN_BASE the address itself (MPI 4.1 §9.1.2, §12.2.6).
std::int64_t as_fortran_attribute(int keyval, const void* value);

}  // namespace mana::upper
