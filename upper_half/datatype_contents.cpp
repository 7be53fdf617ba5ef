// SPDX-License-Identifier: Apache-2.0
// MPI_Type_get_envelope and MPI_Type_get_contents (MPI 4.1 §5.1.13), and packing (§5.2, §5.3).
#include <cstring>

#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/thread.hpp"

namespace mana::api {
namespace {

/// Among the integers of a record are enumerations, which no shell translates back: it can't tell them from numbers.
int app_enumeration(int value) {
  bool mpich = abi().abi == 1, openmpi = abi().abi == 2;
  switch (value) {
    case mpi::ORDER_C: return mpich ? 56 : openmpi ? 0 : value;
    case mpi::ORDER_FORTRAN: return mpich ? 57 : openmpi ? 1 : value;
    case mpi::DISTRIBUTE_NONE: return mpich ? 123 : openmpi ? 2 : value;
    case mpi::DISTRIBUTE_BLOCK: return mpich ? 121 : openmpi ? 0 : value;
    case mpi::DISTRIBUTE_CYCLIC: return mpich ? 122 : openmpi ? 1 : value;
    case mpi::DISTRIBUTE_DFLT_DARG: return mpich ? -49767 : openmpi ? -1 : value;
    default: return value;
  }
}

bool is_enumeration(const Datatype& t, int index) {
  if (t.combiner == mpi::COMBINER_SUBARRAY) return index == 1 + 3 * t.integers[0];
  if (t.combiner != mpi::COMBINER_DARRAY) return false;
  int d = t.integers[2];
  return index == 3 + 4 * d || (index >= 3 + d && index < 3 + 3 * d);
}

}  // namespace

int type_get_envelope(Datatype* type, int* num_integers, int* num_addresses, int* num_datatypes, int* combiner) {
  if (!usable(type)) return mpi::ERR_TYPE;
  *num_integers = static_cast<int>(type->integers.size());
  *num_addresses = static_cast<int>(type->addresses.size());
  *num_datatypes = static_cast<int>(type->types.size());
  *combiner = type->combiner;
  return 0;
}

/// Every derived type among `types` gets one more reference: the application frees it.
int type_get_contents(Datatype* type, int max_integers, int max_addresses, int max_datatypes, int* integers, std::int64_t* addresses,
                      Datatype** types) {
  if (!usable(type) || type->combiner == mpi::COMBINER_NAMED) return mpi::ERR_TYPE;
  if (max_integers < static_cast<int>(type->integers.size()) || max_addresses < static_cast<int>(type->addresses.size()) ||
      max_datatypes < static_cast<int>(type->types.size()))
    return mpi::ERR_ARG;
  for (std::size_t i = 0; i < type->integers.size(); ++i)
    integers[i] = is_enumeration(*type, static_cast<int>(i)) ? app_enumeration(type->integers[i]) : type->integers[i];
  for (std::size_t i = 0; i < type->addresses.size(); ++i) addresses[i] = type->addresses[i];
  for (std::size_t i = 0; i < type->types.size(); ++i) {
    retain(type->types[i]);
    types[i] = type->types[i];
  }
  return 0;
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
int pack_size(int incount, Datatype* type, Comm* comm, int* size) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (!usable(type)) return mpi::ERR_TYPE;
  if (incount < 0) return mpi::ERR_COUNT;
  std::int64_t bytes = incount * type->size;
  *size = bytes > INT32_MAX ? mpi::UNDEFINED : static_cast<int>(bytes);
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
