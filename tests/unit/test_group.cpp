// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "gen/mpi_constants.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/group.hpp"
#include "upper_half/predefined.hpp"

using namespace mana;
using namespace mana::upper;

namespace {

Group* group_of(std::initializer_list<int> ranks) { return make_group(Vector<int>(ranks)); }
Vector<int> ranks_of(const Group* group) { return group->world_ranks; }
using Ranks = Vector<int>;

}  // namespace

TEST_CASE("an empty rank list is MPI_GROUP_EMPTY") { CHECK(group_of({}) == predefined_objects[mpi::GROUP_EMPTY]); }

TEST_CASE("a group knows this process's place in it") {
  CHECK(group_of({5, 2, 7})->rank == 1);
  CHECK(group_of({5, 7})->rank == mpi::UNDEFINED);
}

TEST_CASE("set operations keep the order of the first group") {
  Group *a = group_of({4, 1, 3}), *b = group_of({3, 0, 4}), *result = nullptr;
  REQUIRE(api::group_union(a, b, &result) == 0);
  CHECK(ranks_of(result) == Ranks{4, 1, 3, 0});
  REQUIRE(api::group_intersection(a, b, &result) == 0);
  CHECK(ranks_of(result) == Ranks{4, 3});
  REQUIRE(api::group_difference(a, b, &result) == 0);
  CHECK(ranks_of(result) == Ranks{1});
}

TEST_CASE("incl orders as asked, excl keeps the order") {
  Group *a = group_of({10, 11, 12, 13}), *result = nullptr;
  int ranks[] = {3, 0};
  REQUIRE(api::group_incl(a, 2, ranks, &result) == 0);
  CHECK(ranks_of(result) == Ranks{13, 10});
  REQUIRE(api::group_excl(a, 2, ranks, &result) == 0);
  CHECK(ranks_of(result) == Ranks{11, 12});
}

TEST_CASE("a rank named twice or outside is refused") {
  Group *a = group_of({1, 2}), *result = nullptr;
  int twice[] = {0, 0}, outside[] = {2};
  CHECK(api::group_incl(a, 2, twice, &result) == mpi::ERR_RANK);
  CHECK(api::group_incl(a, 1, outside, &result) == mpi::ERR_RANK);
}

TEST_CASE("ranges run up and down with their stride") {
  Group *a = group_of({0, 1, 2, 3, 4, 5, 6, 7}), *result = nullptr;
  int ranges[][3] = {{6, 1, -2}, {0, 1, 1}, {7, 7, 5}};
  REQUIRE(api::group_range_incl(a, 3, ranges, &result) == 0);
  CHECK(ranks_of(result) == Ranks{6, 4, 2, 0, 1, 7});
  REQUIRE(api::group_range_excl(a, 3, ranges, &result) == 0);
  CHECK(ranks_of(result) == Ranks{3, 5});
  int still[][3] = {{0, 1, 0}};
  CHECK(api::group_range_incl(a, 1, still, &result) == mpi::ERR_ARG);
}

TEST_CASE("comparison tells order from membership") {
  int result = 0;
  api::group_compare(group_of({1, 2}), group_of({1, 2}), &result);
  CHECK(result == mpi::IDENT);
  api::group_compare(group_of({1, 2}), group_of({2, 1}), &result);
  CHECK(result == mpi::SIMILAR);
  api::group_compare(group_of({1, 2}), group_of({2, 3}), &result);
  CHECK(result == mpi::UNEQUAL);
}

TEST_CASE("translation gives MPI_UNDEFINED for strangers and passes MPI_PROC_NULL") {
  int from[] = {0, 1, 2, mpi::PROC_NULL, 1}, to[5];
  REQUIRE(api::group_translate_ranks(group_of({4, 5, 6}), 5, from, group_of({6, 4}), to) == 0);
  CHECK(Ranks(to, to + 5) == Ranks{1, mpi::UNDEFINED, 0, mpi::PROC_NULL, mpi::UNDEFINED});
}

TEST_CASE("a freed group's handle is invalid, an used one stays") {
  Group* a = group_of({1, 2, 3});
  std::uint32_t vid = a->vid;
  retain(a);
  Group* handle = a;
  api::group_free(&handle);
  CHECK(handle == predefined_objects[mpi::GROUP_NULL]);
  CHECK(group_slots.at(vid) == a);
  release(a);
  CHECK(group_slots.at(vid) == nullptr);
}
