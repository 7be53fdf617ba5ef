// SPDX-License-Identifier: Apache-2.0
// MPI_Type_get_envelope and MPI_Type_get_contents (MPI 4.1 §5.1.13), and packing (§5.2, §5.3).
#include <cstring>

#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "common/p2p_args.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/thread.hpp"

namespace mana::api {
namespace {

/// Among the integers of a record are enumerations, which no shell translates back: it can't tell them from numbers.
std::int64_t app_enumeration(std::int64_t value) {
  bool mpich = abi().abi == 1, openmpi = abi().abi == 2;
  switch (value) {
    case mpi::ORDER_C: return mpich ? 56 : openmpi ? 0 : value;
    case mpi::ORDER_FORTRAN: return mpich ? 57 : openmpi ? 1 : value;
    case mpi::DISTRIBUTE_NONE: return mpich ? 123 : openmpi ? 2 : value;
    case mpi::DISTRIBUTE_BLOCK: return mpich ? 121 : openmpi ? 0 : value;
    case mpi::DISTRIBUTE_CYCLIC: return mpich ? 122 : openmpi ? 1 : value;
    case mpi::DISTRIBUTE_DFLT_DARG: return mpich ? -49767 : openmpi ? -1 : 19;
    default: return value;
  }
}

bool is_enumeration(const Datatype& t, std::int64_t index) {
  if (t.combiner == mpi::COMBINER_SUBARRAY) return index == 1 + 3 * t.integers[0];
  if (t.combiner != mpi::COMBINER_DARRAY) return false;
  std::int64_t d = t.integers[2];
  return index == 3 + 4 * d || (index >= 3 + d && index < 3 + 3 * d);
}

/// Of a type made by a large-count constructor: whether this integer is a count; the others stay int (MPI 4.1 §5.1.13).
bool is_large_count(const Datatype& t, std::int64_t index) {
  if (!t.large_counts) return false;
  if (t.combiner == mpi::COMBINER_SUBARRAY) return index >= 1 && index <= 3 * t.integers[0];
  if (t.combiner == mpi::COMBINER_DARRAY) return index >= 3 && index < 3 + t.integers[2];
  return true;
}

std::int64_t large_integers(const Datatype& t) {
  std::int64_t n = 0, all = static_cast<std::int64_t>(t.integers.size());
  for (std::int64_t i = 0; i < all; ++i) n += is_large_count(t, i) ? 1 : 0;
  return n;
}

}  // namespace

int type_get_envelope_c(Datatype* type, std::int64_t* num_integers, std::int64_t* num_addresses, std::int64_t* num_large_counts, std::int64_t* num_datatypes,
                        int* combiner) {
  if (!usable(type)) return mpi::ERR_TYPE;
  auto addresses = static_cast<std::int64_t>(type->addresses.size());
  std::int64_t large = large_integers(*type);
  *num_integers = static_cast<std::int64_t>(type->integers.size()) - large;
  *num_addresses = type->large_counts ? 0 : addresses;
  *num_large_counts = type->large_counts ? large + addresses : 0;
  *num_datatypes = static_cast<std::int64_t>(type->types.size());
  *combiner = type->combiner;
  return 0;
}

/// Every derived type among `types` gets one more reference: the application frees it.
int type_get_contents_c(Datatype* type, std::int64_t max_integers, std::int64_t max_addresses, std::int64_t max_large_counts, std::int64_t max_datatypes,
                        int* integers, std::int64_t* addresses, std::int64_t* large_counts, Datatype** types) {
  if (!usable(type) || type->combiner == mpi::COMBINER_NAMED) return mpi::ERR_TYPE;
  std::int64_t n[4];
  int combiner;
  type_get_envelope_c(type, &n[0], &n[1], &n[2], &n[3], &combiner);
  if (max_integers < n[0] || max_addresses < n[1] || max_large_counts < n[2] || max_datatypes < n[3]) return mpi::ERR_ARG;
  for (std::size_t i = 0; i < type->integers.size(); ++i) {
    auto at = static_cast<std::int64_t>(i);
    if (is_large_count(*type, at))
      *large_counts++ = type->integers[i];
    else
      *integers++ = static_cast<int>(is_enumeration(*type, at) ? app_enumeration(type->integers[i]) : type->integers[i]);
  }
  for (std::int64_t address : type->addresses) *(type->large_counts ? large_counts : addresses)++ = address;
  for (std::size_t i = 0; i < type->types.size(); ++i) {
    retain(type->types[i]);
    types[i] = type->types[i];
  }
  return 0;
}

/// Types of large-count constructors are decoded by the large-count functions only.
int type_get_envelope(Datatype* type, int* num_integers, int* num_addresses, int* num_datatypes, int* combiner) {
  std::int64_t n[4];
  if (int error = type_get_envelope_c(type, &n[0], &n[1], &n[2], &n[3], combiner); error != 0) return error;
  if (type->large_counts) return mpi::ERR_TYPE;
  *num_integers = static_cast<int>(n[0]);
  *num_addresses = static_cast<int>(n[1]);
  *num_datatypes = static_cast<int>(n[3]);
  return 0;
}

int type_get_contents(Datatype* type, int max_integers, int max_addresses, int max_datatypes, int* integers, std::int64_t* addresses, Datatype** types) {
  if (usable(type) && type->large_counts) return mpi::ERR_TYPE;
  return type_get_contents_c(type, max_integers, max_addresses, 0, max_datatypes, integers, addresses, nullptr, types);
}

int pack(const void* inbuf, int incount, Datatype* type, void* outbuf, int outsize, int* position, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (!usable(type)) return mpi::ERR_TYPE;
  WrapperScope scope;
  return lower_call::pack(inbuf, incount, type->real.bits, outbuf, outsize, position, comm->real.bits);
}

int unpack(const void* inbuf, int insize, int* position, void* outbuf, int outcount, Datatype* type, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (!usable(type)) return mpi::ERR_TYPE;
  WrapperScope scope;
  return lower_call::unpack(inbuf, insize, position, outbuf, outcount, type->real.bits, comm->real.bits);
}

/// Both MPIs pack the bare bytes on machines of one kind, so a buffer packed under one can be unpacked under the other.
int pack_size_c(std::int64_t incount, Datatype* type, Comm* comm, std::int64_t* size) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (!usable(type)) return mpi::ERR_TYPE;
  if (incount < 0) return mpi::ERR_COUNT;
  *size = incount * type->size;
  return 0;
}

int pack_size(int incount, Datatype* type, Comm* comm, int* size) {
  std::int64_t bytes = 0;
  if (int error = pack_size_c(incount, type, comm, &bytes); error != 0) return error;
  *size = bytes > INT32_MAX ? mpi::UNDEFINED : static_cast<int>(bytes);
  return 0;
}

/// Positions beyond int: by a message to oneself, which packs the bare bytes as both MPIs' MPI_Pack do.
int pack_c(const void* inbuf, std::int64_t incount, Datatype* type, void* outbuf, std::int64_t outsize, std::int64_t* position, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (!usable(type)) return mpi::ERR_TYPE;
  if (incount < 0) return mpi::ERR_COUNT;
  if (*position < 0 || incount * type->size > outsize - *position) return mpi::ERR_ARG;
  WrapperScope scope;
  PackArguments a{static_cast<char*>(outbuf) + *position, outsize - *position, const_cast<void*>(inbuf), incount, type->real.bits, {}};
  if (auto error = static_cast<int>(cross(&a, LowerEntry::custom_pack)); error != 0) return error;
  *position += a.bytes;
  return 0;
}

int unpack_c(const void* inbuf, std::int64_t insize, std::int64_t* position, void* outbuf, std::int64_t outcount, Datatype* type, Comm* comm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (!usable(type)) return mpi::ERR_TYPE;
  if (outcount < 0) return mpi::ERR_COUNT;
  std::int64_t bytes = outcount * type->size;
  if (*position < 0 || bytes > insize - *position) return mpi::ERR_ARG;
  WrapperScope scope;
  PackArguments a{const_cast<char*>(static_cast<const char*>(inbuf)) + *position, bytes, outbuf, outcount, type->real.bits, {}};
  if (auto error = static_cast<int>(cross(&a, LowerEntry::custom_unpack)); error != 0) return error;
  *position += bytes;
  return 0;
}

int pack_external(const char* datarep, const void* inbuf, int incount, Datatype* type, void* outbuf, std::int64_t outsize, std::int64_t* position) {
  if (!usable(type)) return mpi::ERR_TYPE;
  WrapperScope scope;
  return lower_call::pack_external(datarep, inbuf, incount, type->real.bits, outbuf, outsize, position);
}

int unpack_external(const char* datarep, const void* inbuf, std::int64_t insize, std::int64_t* position, void* outbuf, int outcount, Datatype* type) {
  if (!usable(type)) return mpi::ERR_TYPE;
  WrapperScope scope;
  return lower_call::unpack_external(datarep, inbuf, insize, position, outbuf, outcount, type->real.bits);
}

int pack_external_size(const char* datarep, int incount, Datatype* type, std::int64_t* size) {
  if (!usable(type)) return mpi::ERR_TYPE;
  WrapperScope scope;
  return lower_call::pack_external_size(datarep, incount, type->real.bits, size);
}

}  // namespace mana::api
