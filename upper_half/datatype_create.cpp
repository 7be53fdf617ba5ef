// SPDX-License-Identifier: Apache-2.0
// Datatype constructors, MPI 4.1 §5.1 and §19.1.9: each fills a record as MPI_Type_get_contents will show it (§5.1.13).
#include "upper_half/datatype_create.hpp"

#include <initializer_list>

#include "gen/upper_api.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/predefined_types.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {

/// Decimal precision and exponent range of gfortran's kinds.
Datatype* f90_equivalent(const Datatype& type) {
  if (type.combiner == mpi::COMBINER_F90_INTEGER) {
    auto r = type.integers[0];
    return r <= 2    ? predefined_datatype(mpi::INTEGER1)
           : r <= 4  ? predefined_datatype(mpi::INTEGER2)
           : r <= 9  ? predefined_datatype(mpi::INTEGER4)
           : r <= 18 ? predefined_datatype(mpi::INTEGER8)
           : r <= 38 ? predefined_datatype(mpi::INTEGER16)
                     : nullptr;
  }
  struct Kind {
    int precision, range;
    std::uint32_t real, complex;
  };
  constexpr Kind kinds[] = {{6, 37, mpi::REAL4, mpi::COMPLEX8}, {15, 307, mpi::REAL8, mpi::COMPLEX16}, {33, 4931, mpi::REAL16, mpi::COMPLEX32}};
  std::int64_t p = type.integers[0], r = type.integers[1];
  for (const Kind& k : kinds)
    if ((p == mpi::UNDEFINED || p <= k.precision) && (r == mpi::UNDEFINED || r <= k.range))
      return predefined_datatype(type.combiner == mpi::COMBINER_F90_COMPLEX ? k.complex : k.real);
  return nullptr;
}

}  // namespace mana::upper

namespace mana::api {
namespace {

/// A record in the making. `Number`: what the constructor's counts are, int or, of a large-count one, std::int64_t.
template <class Number>
class Record {
 public:
  explicit Record(int combiner) : type_(create<Datatype>()) {
    type_->combiner = combiner;
    type_->large_counts = sizeof(Number) > sizeof(int);
  }
  Record& integers(std::initializer_list<std::int64_t> list) {
    type_->integers.insert(type_->integers.end(), list);
    return *this;
  }
  template <class T>
  Record& integers(const T* list, std::int64_t count) {
    if (count > 0) type_->integers.insert(type_->integers.end(), list, list + count);
    return *this;
  }
  Record& addresses(std::initializer_list<std::int64_t> list) {
    type_->addresses.insert(type_->addresses.end(), list);
    return *this;
  }
  Record& addresses(const std::int64_t* list, std::int64_t count) {
    if (count > 0) type_->addresses.insert(type_->addresses.end(), list, list + count);
    return *this;
  }
  Record& part(Datatype* type) {
    retain(type);
    type_->types.push_back(type);
    return *this;
  }
  int build(Datatype** out) { return upper::build(type_, out); }

 private:
  Datatype* type_;
};

int check(std::int64_t count, const Datatype* oldtype) {
  if (count < 0) return mpi::ERR_COUNT;
  return usable(oldtype) ? 0 : mpi::ERR_TYPE;
}

template <class N>
int contiguous(N count, Datatype* oldtype, Datatype** newtype) {
  if (int error = check(count, oldtype); error != 0) return error;
  WrapperScope scope;
  return Record<N>(mpi::COMBINER_CONTIGUOUS).integers({count}).part(oldtype).build(newtype);
}

template <class N>
int vector(N count, N blocklength, N stride, Datatype* oldtype, Datatype** newtype) {
  if (int error = check(count, oldtype); error != 0) return error;
  if (blocklength < 0) return mpi::ERR_ARG;
  WrapperScope scope;
  return Record<N>(mpi::COMBINER_VECTOR).integers({count, blocklength, stride}).part(oldtype).build(newtype);
}

template <class N>
int hvector(N count, N blocklength, std::int64_t stride, Datatype* oldtype, Datatype** newtype) {
  if (int error = check(count, oldtype); error != 0) return error;
  if (blocklength < 0) return mpi::ERR_ARG;
  WrapperScope scope;
  return Record<N>(mpi::COMBINER_HVECTOR).integers({count, blocklength}).addresses({stride}).part(oldtype).build(newtype);
}

template <class N>
int indexed(N count, const N* lengths, const N* displacements, Datatype* oldtype, Datatype** newtype) {
  if (int error = check(count, oldtype); error != 0) return error;
  WrapperScope scope;
  return Record<N>(mpi::COMBINER_INDEXED).integers({count}).integers(lengths, count).integers(displacements, count).part(oldtype).build(newtype);
}

template <class N>
int hindexed(N count, const N* lengths, const std::int64_t* displacements, Datatype* oldtype, Datatype** newtype) {
  if (int error = check(count, oldtype); error != 0) return error;
  WrapperScope scope;
  return Record<N>(mpi::COMBINER_HINDEXED).integers({count}).integers(lengths, count).addresses(displacements, count).part(oldtype).build(newtype);
}

template <class N>
int indexed_block(N count, N blocklength, const N* displacements, Datatype* oldtype, Datatype** newtype) {
  if (int error = check(count, oldtype); error != 0) return error;
  WrapperScope scope;
  return Record<N>(mpi::COMBINER_INDEXED_BLOCK).integers({count, blocklength}).integers(displacements, count).part(oldtype).build(newtype);
}

template <class N>
int hindexed_block(N count, N blocklength, const std::int64_t* displacements, Datatype* oldtype, Datatype** newtype) {
  if (int error = check(count, oldtype); error != 0) return error;
  WrapperScope scope;
  return Record<N>(mpi::COMBINER_HINDEXED_BLOCK).integers({count, blocklength}).addresses(displacements, count).part(oldtype).build(newtype);
}

template <class N>
int structure(N count, const N* lengths, const std::int64_t* displacements, Datatype* const* types, Datatype** newtype) {
  if (count < 0) return mpi::ERR_COUNT;
  for (N i = 0; i < count; ++i)
    if (!usable(types[i])) return mpi::ERR_TYPE;
  WrapperScope scope;
  Record<N> record(mpi::COMBINER_STRUCT);
  record.integers({count}).integers(lengths, count).addresses(displacements, count);
  for (N i = 0; i < count; ++i) record.part(types[i]);
  return record.build(newtype);
}

template <class N>
int subarray(int ndims, const N* sizes, const N* subsizes, const N* starts, int order, Datatype* oldtype, Datatype** newtype) {
  if (!usable(oldtype)) return mpi::ERR_TYPE;
  if (ndims < 1) return mpi::ERR_ARG;
  WrapperScope scope;
  return Record<N>(mpi::COMBINER_SUBARRAY)
      .integers({ndims})
      .integers(sizes, ndims)
      .integers(subsizes, ndims)
      .integers(starts, ndims)
      .integers({order})
      .part(oldtype)
      .build(newtype);
}

template <class N>
int darray(int size, int rank, int ndims, const N* gsizes, const int* distribs, const int* dargs, const int* psizes, int order, Datatype* oldtype,
           Datatype** newtype) {
  if (!usable(oldtype)) return mpi::ERR_TYPE;
  if (ndims < 1) return mpi::ERR_ARG;
  WrapperScope scope;
  return Record<N>(mpi::COMBINER_DARRAY)
      .integers({size, rank, ndims})
      .integers(gsizes, ndims)
      .integers(distribs, ndims)
      .integers(dargs, ndims)
      .integers(psizes, ndims)
      .integers({order})
      .part(oldtype)
      .build(newtype);
}

template <class N>
int resized(Datatype* oldtype, std::int64_t lb, std::int64_t extent, Datatype** newtype) {
  if (!usable(oldtype)) return mpi::ERR_TYPE;
  WrapperScope scope;
  return Record<N>(mpi::COMBINER_RESIZED).addresses({lb, extent}).part(oldtype).build(newtype);
}

int create_f90(int combiner, std::initializer_list<std::int64_t> parameters, Datatype** newtype) {
  WrapperScope scope;
  Datatype probe;
  probe.combiner = combiner;
  probe.integers = Vector<std::int64_t>(parameters);
  Datatype* found = nullptr;
  datatype_slots.each([&](Object* object) {
    auto* t = static_cast<Datatype*>(object);
    if (t->combiner == combiner && t->integers == probe.integers) found = t;
  });
  if (found == nullptr) {
    if (f90_equivalent(probe) == nullptr) return mpi::ERR_ARG;
    return Record<int>(combiner).integers(parameters).build(newtype);
  }
  *newtype = found;
  return 0;
}

}  // namespace

int type_contiguous(int count, Datatype* oldtype, Datatype** newtype) { return contiguous(count, oldtype, newtype); }
int type_contiguous_c(std::int64_t count, Datatype* oldtype, Datatype** newtype) { return contiguous(count, oldtype, newtype); }
int type_vector(int count, int blocklength, int stride, Datatype* oldtype, Datatype** newtype) { return vector(count, blocklength, stride, oldtype, newtype); }
int type_vector_c(std::int64_t count, std::int64_t blocklength, std::int64_t stride, Datatype* oldtype, Datatype** newtype) {
  return vector(count, blocklength, stride, oldtype, newtype);
}
int type_create_hvector(int count, int blocklength, std::int64_t stride, Datatype* oldtype, Datatype** newtype) {
  return hvector(count, blocklength, stride, oldtype, newtype);
}
int type_create_hvector_c(std::int64_t count, std::int64_t blocklength, std::int64_t stride, Datatype* oldtype, Datatype** newtype) {
  return hvector(count, blocklength, stride, oldtype, newtype);
}
int type_indexed(int count, const int* lengths, const int* displacements, Datatype* oldtype, Datatype** newtype) {
  return indexed(count, lengths, displacements, oldtype, newtype);
}
int type_indexed_c(std::int64_t count, const std::int64_t* lengths, const std::int64_t* displacements, Datatype* oldtype, Datatype** newtype) {
  return indexed(count, lengths, displacements, oldtype, newtype);
}
int type_create_hindexed(int count, const int* lengths, const std::int64_t* displacements, Datatype* oldtype, Datatype** newtype) {
  return hindexed(count, lengths, displacements, oldtype, newtype);
}
int type_create_hindexed_c(std::int64_t count, const std::int64_t* lengths, const std::int64_t* displacements, Datatype* oldtype, Datatype** newtype) {
  return hindexed(count, lengths, displacements, oldtype, newtype);
}
int type_create_indexed_block(int count, int blocklength, const int* displacements, Datatype* oldtype, Datatype** newtype) {
  return indexed_block(count, blocklength, displacements, oldtype, newtype);
}
int type_create_indexed_block_c(std::int64_t count, std::int64_t blocklength, const std::int64_t* displacements, Datatype* oldtype, Datatype** newtype) {
  return indexed_block(count, blocklength, displacements, oldtype, newtype);
}
int type_create_hindexed_block(int count, int blocklength, const std::int64_t* displacements, Datatype* oldtype, Datatype** newtype) {
  return hindexed_block(count, blocklength, displacements, oldtype, newtype);
}
int type_create_hindexed_block_c(std::int64_t count, std::int64_t blocklength, const std::int64_t* displacements, Datatype* oldtype, Datatype** newtype) {
  return hindexed_block(count, blocklength, displacements, oldtype, newtype);
}
int type_create_struct(int count, const int* lengths, const std::int64_t* displacements, Datatype* const* types, Datatype** newtype) {
  return structure(count, lengths, displacements, types, newtype);
}
int type_create_subarray(int ndims, const int* sizes, const int* subsizes, const int* starts, int order, Datatype* oldtype, Datatype** newtype) {
  return subarray(ndims, sizes, subsizes, starts, order, oldtype, newtype);
}
int type_create_darray(int size, int rank, int ndims, const int* gsizes, const int* distribs, const int* dargs, const int* psizes, int order, Datatype* oldtype,
                       Datatype** newtype) {
  return darray(size, rank, ndims, gsizes, distribs, dargs, psizes, order, oldtype, newtype);
}
int type_create_resized(Datatype* oldtype, std::int64_t lb, std::int64_t extent, Datatype** newtype) { return resized<int>(oldtype, lb, extent, newtype); }
int type_create_struct_c(std::int64_t count, const std::int64_t* lengths, const std::int64_t* displacements, Datatype* const* types, Datatype** newtype) {
  return structure(count, lengths, displacements, types, newtype);
}
int type_create_subarray_c(int ndims, const std::int64_t* sizes, const std::int64_t* subsizes, const std::int64_t* starts, int order, Datatype* oldtype,
                           Datatype** newtype) {
  return subarray(ndims, sizes, subsizes, starts, order, oldtype, newtype);
}
int type_create_darray_c(int size, int rank, int ndims, const std::int64_t* gsizes, const int* distribs, const int* dargs, const int* psizes, int order,
                         Datatype* oldtype, Datatype** newtype) {
  return darray(size, rank, ndims, gsizes, distribs, dargs, psizes, order, oldtype, newtype);
}
int type_create_resized_c(Datatype* oldtype, std::int64_t lb, std::int64_t extent, Datatype** newtype) {
  return resized<std::int64_t>(oldtype, lb, extent, newtype);
}

int type_dup(Datatype* oldtype, Datatype** newtype) {
  if (!usable(oldtype)) return mpi::ERR_TYPE;
  Datatype* copy = nullptr;
  {
    WrapperScope scope;
    if (int error = Record<int>(mpi::COMBINER_DUP).part(oldtype).build(&copy); error != 0) return error;
    if (oldtype->committed) type_commit(&copy);
  }
  if (int error = copy_attributes(oldtype, oldtype->attributes, &copy->attributes); error != 0) {
    WrapperScope scope;
    release(copy);
    *newtype = static_cast<Datatype*>(predefined_objects[mpi::DATATYPE_NULL]);
    return error;
  }
  *newtype = copy;
  return 0;
}

int type_create_f90_real(int p, int r, Datatype** newtype) { return create_f90(mpi::COMBINER_F90_REAL, {p, r}, newtype); }
int type_create_f90_complex(int p, int r, Datatype** newtype) { return create_f90(mpi::COMBINER_F90_COMPLEX, {p, r}, newtype); }
int type_create_f90_integer(int r, Datatype** newtype) { return create_f90(mpi::COMBINER_F90_INTEGER, {r}, newtype); }

int type_hvector(int count, int blocklength, std::int64_t stride, Datatype* oldtype, Datatype** newtype) {
  return type_create_hvector(count, blocklength, stride, oldtype, newtype);
}
int type_hindexed(int count, const int* lengths, const std::int64_t* displacements, Datatype* oldtype, Datatype** newtype) {
  return type_create_hindexed(count, lengths, displacements, oldtype, newtype);
}
int type_struct(int count, const int* lengths, const std::int64_t* displacements, Datatype* const* types, Datatype** newtype) {
  return type_create_struct(count, lengths, displacements, types, newtype);
}

int type_match_size(int typeclass, int size, Datatype** type) {
  char wanted = typeclass == mpi::TYPECLASS_REAL      ? 'r'
                : typeclass == mpi::TYPECLASS_INTEGER ? 'i'
                : typeclass == mpi::TYPECLASS_COMPLEX ? 'c'
                : typeclass == mpi::TYPECLASS_LOGICAL ? 'l'
                                                      : 0;
  if (wanted == 0) return mpi::ERR_ARG;
  for (const PredefinedType& row : predefined_types) {
    if (row.typeclass != wanted || row.size != size) continue;
    *type = predefined_datatype(row.vid);
    return 0;
  }
  return mpi::ERR_ARG;
}

int type_get_value_index(Datatype* value_type, Datatype* index_type, Datatype** pair_type) {
  if (!usable(value_type) || !usable(index_type)) return mpi::ERR_TYPE;
  std::uint32_t pair = mpi::DATATYPE_NULL;
  if (index_type->vid == mpi::INT) {
    switch (value_type->vid) {
      case mpi::FLOAT: pair = mpi::FLOAT_INT; break;
      case mpi::DOUBLE: pair = mpi::DOUBLE_INT; break;
      case mpi::LONG: pair = mpi::LONG_INT; break;
      case mpi::INT: pair = mpi::TYPE_2INT; break;
      case mpi::SHORT: pair = mpi::SHORT_INT; break;
      case mpi::LONG_DOUBLE: pair = mpi::LONG_DOUBLE_INT; break;
      default: break;
    }
  }
  *pair_type = predefined_datatype(pair);
  return 0;
}

}  // namespace mana::api
