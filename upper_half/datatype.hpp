// SPDX-License-Identifier: Apache-2.0
// Datatypes (MPI 4.1 §5): the construction record that answers queries, rebuilds the type and decodes it.
#pragma once

#include "common/mpi_constants.hpp"
#include "upper_half/attribute.hpp"
#include "upper_half/objects.hpp"
#include "upper_half/text.hpp"

namespace mana::upper {

struct Datatype : Object {
  Real<Class::datatype> real;
  std::int64_t size = 0;
  std::int64_t extent = 0, lb = 0;
  std::int64_t true_extent = 0, true_lb = 0;
  bool committed = false;
  std::int32_t combiner = mpi::COMBINER_NAMED;
  std::int64_t elements = 1;      ///< basic elements in one of it
  std::uint64_t serial = 0;       ///< order of creation: parts come before the whole
  bool large_counts = false;      ///< made by a large-count (`_c`) constructor: decoded as such, MPI 4.1 §5.1.13
  Vector<std::int64_t> integers;  ///< as MPI_Type_get_contents gives them; of a large-count constructor they include the counts
  Vector<std::int64_t> addresses;
  Vector<Datatype*> types;  ///< referenced
  Attributes attributes;
  Text name;
};

/// A datatype that calls may be made on: not invalid, not MPI_DATATYPE_NULL.
[[gnu::always_inline]] inline bool usable(const Datatype* type) { return type != nullptr && type->vid != mpi::DATATYPE_NULL; }

Datatype* predefined_datatype(std::uint32_t vid);
/// One user less; the last one frees the real type and its parts.
void release(Datatype* type);

/// Basic elements in the first `bytes` of packed data of `type` repeated, MPI 4.1 §5.1.11; -1 if it ends inside one.
std::int64_t elements_in(const Datatype& type, std::int64_t bytes);
/// The other way: packed bytes of the first `elements` basic elements.
std::int64_t bytes_of_elements(const Datatype& type, std::int64_t elements);

/// Makes the real type of a record (again). Returns an error class.
int make_real(Datatype& type);
/// The same for a record with numbers beyond int (datatype_large.cpp).
int make_large_real(Datatype& type);

}  // namespace mana::upper
