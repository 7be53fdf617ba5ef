// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "gen/upper_api.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/datatype_create.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/predefined_types.hpp"

using namespace mana;
using namespace mana::upper;

namespace {

/// A record as `build` would leave it, without a real type.
Datatype* record(int combiner, Vector<std::int64_t> integers, Vector<std::int64_t> addresses, Vector<Datatype*> types, std::int64_t size,
                 std::int64_t elements) {
  auto* t = create<Datatype>();
  t->combiner = combiner;
  t->integers = integers;
  t->addresses = addresses;
  t->types = types;
  t->size = size;
  t->elements = elements;
  datatype_slots.put(t);
  return t;
}

Datatype* type_int() { return predefined_datatype(mpi::INT); }
Datatype* type_double() { return predefined_datatype(mpi::DOUBLE); }

/// int, 2 doubles, char
Datatype* structure() { return record(mpi::COMBINER_STRUCT, {3, 1, 2, 1}, {0, 8, 24}, {type_int(), type_double(), predefined_datatype(mpi::CHAR)}, 21, 4); }

}  // namespace

TEST_CASE("elements are counted to where the bytes end, MPI_UNDEFINED inside of one") {
  Datatype* s = structure();
  CHECK(elements_in(*s, 0) == 0);
  CHECK(elements_in(*s, 4) == 1);
  CHECK(elements_in(*s, 12) == 2);
  CHECK(elements_in(*s, 20) == 3);
  CHECK(elements_in(*s, 21) == 4);
  CHECK(elements_in(*s, 25) == 5);
  CHECK(elements_in(*s, 2) == -1);
  CHECK(elements_in(*s, 10) == -1);
}

TEST_CASE("bytes of elements undo elements of bytes, through nested types") {
  Datatype* s = structure();
  Datatype* v = record(mpi::COMBINER_VECTOR, {2, 2, 3}, {}, {s}, 84, 16);
  for (std::int64_t n = 0; n < 40; ++n) CHECK(elements_in(*v, bytes_of_elements(*v, n)) == n);
}

TEST_CASE("a pair type has two elements") {
  const Datatype& pair = *predefined_datatype(mpi::DOUBLE_INT);
  CHECK(pair.size == 12);
  CHECK(pair.extent == 16);
  CHECK(elements_in(pair, 8) == 1);
  CHECK(elements_in(pair, 12) == 2);
  CHECK(elements_in(pair, 4) == -1);
  CHECK(bytes_of_elements(pair, 3) == 20);
}

TEST_CASE("contents are what the constructor got, and count as users of the parts") {
  Datatype* inner = structure();
  Datatype* t = record(mpi::COMBINER_HINDEXED, {2, 3, 4}, {100, 200}, {inner}, 147, 28);
  int ni, na, nd, combiner;
  REQUIRE(api::type_get_envelope(t, &ni, &na, &nd, &combiner) == 0);
  CHECK(ni == 3);
  CHECK(na == 2);
  CHECK(nd == 1);
  CHECK(combiner == mpi::COMBINER_HINDEXED);
  int integers[3];
  std::int64_t addresses[2];
  Datatype* types[1];
  CHECK(api::type_get_contents(t, 2, 2, 1, integers, addresses, types) == mpi::ERR_ARG);
  REQUIRE(api::type_get_contents(t, 3, 2, 1, integers, addresses, types) == 0);
  CHECK(integers[2] == 4);
  CHECK(addresses[1] == 200);
  CHECK(types[0] == inner);
  CHECK(inner->references == 2);
}

TEST_CASE("predefined types have no contents and are never counted") {
  int n;
  std::int64_t a;
  Datatype* d;
  CHECK(api::type_get_contents(type_int(), 0, 0, 0, &n, &a, &d) == mpi::ERR_TYPE);
  retain(type_int());
  CHECK(type_int()->references == 1);
  Datatype* handle = type_int();
  CHECK(api::type_free(&handle) == mpi::ERR_TYPE);
}

TEST_CASE("types are found by class and size") {
  Datatype* t = nullptr;
  REQUIRE(api::type_match_size(mpi::TYPECLASS_REAL, 8, &t) == 0);
  CHECK(t->vid == mpi::REAL8);
  REQUIRE(api::type_match_size(mpi::TYPECLASS_COMPLEX, 16, &t) == 0);
  CHECK(t->vid == mpi::COMPLEX16);
  CHECK(api::type_match_size(mpi::TYPECLASS_INTEGER, 3, &t) == mpi::ERR_ARG);
}

TEST_CASE("Fortran's kinds are the smallest that are precise enough") {
  auto equivalent = [](int combiner, Vector<std::int64_t> parameters) {
    Datatype probe;
    probe.combiner = combiner;
    probe.integers = parameters;
    Datatype* found = f90_equivalent(probe);
    return found == nullptr ? 0 : found->vid;
  };
  CHECK(equivalent(mpi::COMBINER_F90_REAL, {6, 37}) == mpi::REAL4);
  CHECK(equivalent(mpi::COMBINER_F90_REAL, {6, 38}) == mpi::REAL8);
  CHECK(equivalent(mpi::COMBINER_F90_COMPLEX, {15, mpi::UNDEFINED}) == mpi::COMPLEX16);
  CHECK(equivalent(mpi::COMBINER_F90_INTEGER, {9}) == mpi::INTEGER4);
  CHECK(equivalent(mpi::COMBINER_F90_INTEGER, {39}) == 0);
}
