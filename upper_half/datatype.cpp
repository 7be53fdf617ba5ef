// SPDX-License-Identifier: Apache-2.0
// Datatypes as objects: making the real type from its record, measuring it, life, queries. Constructors are in
// datatype_create.cpp, envelope and contents in datatype_contents.cpp.
#include "upper_half/datatype.hpp"

#include <algorithm>
#include <climits>

#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/datatype_create.hpp"
#include "upper_half/op.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/predefined_types.hpp"
#include "upper_half/real_types.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {
namespace {

volatile std::uint64_t types_created;

bool is_marker(const Datatype* type) { return type->vid == mpi::LB || type->vid == mpi::UB; }

/// MPI-1's MPI_LB and MPI_UB in a struct: the struct without them, resized. No current MPI needs to know them.
int make_struct_with_markers(Datatype& t) {
  int count = static_cast<int>(t.integers[0]);
  Vector<int> lengths;
  Vector<std::int64_t> displacements;
  Vector<Datatype*> types;
  bool has_lb = false, has_ub = false;
  std::int64_t lb = 0, ub = 0;
  for (int i = 0; i < count; ++i) {
    std::int64_t at = t.addresses[i];
    if (t.types[i]->vid == mpi::LB) {
      lb = has_lb ? std::min(lb, at) : at;
      has_lb = true;
    } else if (t.types[i]->vid == mpi::UB) {
      ub = has_ub ? std::max(ub, at) : at;
      has_ub = true;
    } else {
      lengths.push_back(static_cast<int>(t.integers[1 + i]));
      displacements.push_back(at);
      types.push_back(t.types[i]);
    }
  }
  std::uint64_t plain = 0;
  int kept = static_cast<int>(types.size());
  int error = lower_call::type_create_struct(kept, lengths.data(), displacements.data(), RealTypes(types.data(), kept).bits(), &plain);
  if (error != 0) return error;
  std::int64_t natural_lb = 0, natural_extent = 0;
  lower_call::type_get_extent(plain, &natural_lb, &natural_extent);
  if (!has_lb) lb = natural_lb;
  if (!has_ub) ub = natural_lb + natural_extent;
  error = lower_call::type_create_resized(plain, lb, ub - lb, &t.real.bits);
  lower_call::type_free(&plain);
  return error;
}

int make_struct(Datatype& t, const int* lengths) {
  if (std::any_of(t.types.begin(), t.types.end(), is_marker)) return make_struct_with_markers(t);
  int count = static_cast<int>(t.integers[0]);
  return lower_call::type_create_struct(count, lengths, t.addresses.data(), RealTypes(t.types.data(), count).bits(), &t.real.bits);
}

bool all_fit_int(const Vector<std::int64_t>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](std::int64_t n) { return n >= INT_MIN && n <= INT_MAX; });
}

bool is_f90(const Datatype& t) {
  return t.combiner == mpi::COMBINER_F90_REAL || t.combiner == mpi::COMBINER_F90_COMPLEX || t.combiner == mpi::COMBINER_F90_INTEGER;
}

void measure(Datatype& t) {
  lower_call::type_size_x(t.real.bits, &t.size);
  lower_call::type_get_extent_x(t.real.bits, &t.lb, &t.extent);
  lower_call::type_get_true_extent_x(t.real.bits, &t.true_lb, &t.true_extent);
}

/// Everything but a struct is some number of the one type it is made of.
std::int64_t parts(const Datatype& t) {
  const Datatype& part = *t.types[0];
  return part.size == 0 ? 0 : t.size / part.size;
}

bool is_basic(const Datatype& t) { return t.combiner == mpi::COMBINER_NAMED || is_f90(t); }

/// Bytes of the first basic element of a predefined type; all of it but for the pair types.
std::int64_t first_element_bytes(const Datatype& t) {
  for (const PredefinedType& row : predefined_types)
    if (row.vid == t.vid) return row.first;
  return t.size;
}

void count_elements(Datatype& t) {
  if (is_basic(t)) return;
  t.elements = 0;
  if (t.combiner == mpi::COMBINER_STRUCT) {
    for (std::size_t i = 0; i < t.types.size(); ++i) t.elements += t.integers[1 + i] * t.types[i]->elements;
  } else {
    t.elements = parts(t) * t.types[0]->elements;
  }
}

void free_record(Datatype* t) {
  for (Datatype* part : t->types) release(part);
  destroy(t);
}

}  // namespace

int make_real(Datatype& t) {
  if (!all_fit_int(t.integers)) return make_large_real(t);
  Vector<int> numbers(t.integers.begin(), t.integers.end());
  const int* i = numbers.data();
  const std::int64_t* a = t.addresses.data();
  std::uint64_t* out = &t.real.bits;
  std::uint64_t old = t.types.empty() ? 0 : t.types[0]->real.bits;
  int n = numbers.empty() ? 0 : i[0];
  switch (t.combiner) {
    case mpi::COMBINER_DUP: return lower_call::type_dup(old, out);
    case mpi::COMBINER_CONTIGUOUS: return lower_call::type_contiguous(n, old, out);
    case mpi::COMBINER_VECTOR: return lower_call::type_vector(n, i[1], i[2], old, out);
    case mpi::COMBINER_HVECTOR: return lower_call::type_create_hvector(n, i[1], a[0], old, out);
    case mpi::COMBINER_INDEXED: return lower_call::type_indexed(n, i + 1, i + 1 + n, old, out);
    case mpi::COMBINER_HINDEXED: return lower_call::type_create_hindexed(n, i + 1, a, old, out);
    case mpi::COMBINER_INDEXED_BLOCK: return lower_call::type_create_indexed_block(n, i[1], i + 2, old, out);
    case mpi::COMBINER_HINDEXED_BLOCK: return lower_call::type_create_hindexed_block(n, i[1], a, old, out);
    case mpi::COMBINER_STRUCT: return make_struct(t, i + 1);
    case mpi::COMBINER_SUBARRAY: return lower_call::type_create_subarray(n, i + 1, i + 1 + n, i + 1 + 2 * n, i[1 + 3 * n], old, out);
    case mpi::COMBINER_DARRAY: {
      int d = i[2];
      return lower_call::type_create_darray(i[0], i[1], d, i + 3, i + 3 + d, i + 3 + 2 * d, i + 3 + 3 * d, i[3 + 4 * d], old, out);
    }
    case mpi::COMBINER_RESIZED: return lower_call::type_create_resized(old, a[0], a[1], out);
    case mpi::COMBINER_F90_REAL:
    case mpi::COMBINER_F90_COMPLEX:
    case mpi::COMBINER_F90_INTEGER: *out = f90_equivalent(t)->real.bits; return 0;
    default: return mpi::ERR_INTERN;
  }
}

int build(Datatype* record, Datatype** out) {
  if (int error = make_real(*record); error != 0) {
    free_record(record);
    return error;
  }
  measure(*record);
  count_elements(*record);
  record->serial = __atomic_add_fetch(&types_created, 1, __ATOMIC_RELAXED);
  record->committed = is_f90(*record);
  datatype_slots.put(record);
  *out = record;
  return 0;
}

void release(Datatype* type) {
  if (type == nullptr || !drop_reference(type)) return;
  forget_type(type);
  if (!is_f90(*type)) lower_call::type_free(&type->real.bits);
  datatype_slots.remove(type);
  free_record(type);
}

std::int64_t elements_in(const Datatype& t, std::int64_t bytes) {
  if (bytes == 0) return 0;
  if (t.size == 0) return -1;
  std::int64_t elements = bytes / t.size * t.elements, rest = bytes % t.size;
  if (rest == 0) return elements;
  if (is_basic(t)) return t.elements > 1 && rest == first_element_bytes(t) ? elements + 1 : -1;
  if (t.combiner != mpi::COMBINER_STRUCT) {
    std::int64_t more = elements_in(*t.types[0], rest);
    return more < 0 ? -1 : elements + more;
  }
  for (std::size_t i = 0; i < t.types.size() && rest > 0; ++i) {
    std::int64_t here = std::min(rest, t.integers[1 + i] * t.types[i]->size);
    std::int64_t more = elements_in(*t.types[i], here);
    if (more < 0) return -1;
    elements += more;
    rest -= here;
  }
  return elements;
}

std::int64_t bytes_of_elements(const Datatype& t, std::int64_t elements) {
  if (elements <= 0 || t.elements == 0) return 0;
  std::int64_t bytes = elements / t.elements * t.size, rest = elements % t.elements;
  if (rest == 0) return bytes;
  if (is_basic(t)) return bytes + first_element_bytes(t);
  if (t.combiner != mpi::COMBINER_STRUCT) return bytes + bytes_of_elements(*t.types[0], rest);
  for (std::size_t i = 0; i < t.types.size() && rest > 0; ++i) {
    std::int64_t here = std::min(rest, t.integers[1 + i] * t.types[i]->elements);
    bytes += bytes_of_elements(*t.types[i], here);
    rest -= here;
  }
  return bytes;
}

}  // namespace mana::upper

namespace mana::api {

int type_size(Datatype* type, int* size) {
  if (__builtin_expect(!usable(type), 0)) return mpi::ERR_TYPE;
  *size = type->size > INT32_MAX ? mpi::UNDEFINED : static_cast<int>(type->size);
  return 0;
}

int type_size_c(Datatype* type, std::int64_t* size) { return type_size_x(type, size); }

int type_size_x(Datatype* type, std::int64_t* size) {
  if (!usable(type)) return mpi::ERR_TYPE;
  *size = type->size;
  return 0;
}

int type_get_extent(Datatype* type, std::int64_t* lb, std::int64_t* extent) {
  if (!usable(type)) return mpi::ERR_TYPE;
  *lb = type->lb;
  *extent = type->extent;
  return 0;
}

int type_get_true_extent(Datatype* type, std::int64_t* true_lb, std::int64_t* true_extent) {
  if (!usable(type)) return mpi::ERR_TYPE;
  *true_lb = type->true_lb;
  *true_extent = type->true_extent;
  return 0;
}

int type_get_extent_x(Datatype* type, std::int64_t* lb, std::int64_t* extent) { return type_get_extent(type, lb, extent); }
int type_get_true_extent_x(Datatype* type, std::int64_t* lb, std::int64_t* extent) { return type_get_true_extent(type, lb, extent); }

int type_extent(Datatype* type, std::int64_t* extent) {
  std::int64_t lb;
  return type_get_extent(type, &lb, extent);
}

int type_lb(Datatype* type, std::int64_t* displacement) {
  std::int64_t extent;
  return type_get_extent(type, displacement, &extent);
}

int type_ub(Datatype* type, std::int64_t* displacement) {
  std::int64_t lb, extent;
  if (int error = type_get_extent(type, &lb, &extent); error != 0) return error;
  *displacement = lb + extent;
  return 0;
}

int type_commit(Datatype** type) {
  Datatype* t = *type;
  if (!usable(t)) return mpi::ERR_TYPE;
  if (t->committed) return 0;
  WrapperScope scope;
  if (int error = lower_call::type_commit(&t->real.bits); error != 0) return error;
  t->committed = true;
  return 0;
}

int type_free(Datatype** type) {
  Datatype* t = *type;
  if (!usable(t) || static_cast<std::int32_t>(t->vid) >= 0 || is_f90(*t)) return mpi::ERR_TYPE;
  if (int error = delete_attributes(t, &t->attributes); error != 0) return error;
  WrapperScope scope;
  release(t);
  *type = predefined_datatype(mpi::DATATYPE_NULL);
  return 0;
}

int type_set_name(Datatype* type, const char* type_name) {
  if (!usable(type)) return mpi::ERR_TYPE;
  WrapperScope scope;
  type->name.assign(type_name, strnlen(type_name, 127));
  return 0;
}

int type_get_name(Datatype* type, char* type_name, int* resultlen) {
  if (type == nullptr) return mpi::ERR_TYPE;
  WrapperScope scope;
  *resultlen = copy_text(type->name, type_name);
  return 0;
}

}  // namespace mana::api
