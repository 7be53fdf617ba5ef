// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "gen/mpi_constants.hpp"
#include "upper_half/topology.hpp"

using namespace mana;
using namespace mana::upper;

namespace {

Topology cart(Vector<int> dims, Vector<int> periods) {
  Topology t;
  t.kind = mpi::CART;
  t.dims = dims;
  t.periods = periods;
  return t;
}

Vector<int> balanced(int nodes, Vector<int> dims) {
  REQUIRE(balance_dims(nodes, static_cast<int>(dims.size()), dims.data()) == 0);
  return dims;
}
using Ints = Vector<int>;

}  // namespace

TEST_CASE("Cartesian ranks are row-major, and coordinates undo them") {
  Topology t = cart({2, 3, 4}, {0, 0, 0});
  for (int rank = 0; rank < 24; ++rank) {
    int coords[3];
    cart_coords_of(t, rank, coords, 3);
    CHECK(cart_rank_of(t, coords) == rank);
  }
  int coords[] = {1, 0, 2};
  CHECK(cart_rank_of(t, coords) == 14);
}

TEST_CASE("only periodic dimensions wrap") {
  Topology t = cart({3, 4}, {1, 0});
  int over[] = {-4, 3}, outside[] = {0, 4};
  CHECK(cart_rank_of(t, over) == 11);
  CHECK(cart_rank_of(t, outside) == -1);
  CHECK(cart_neighbor(t, 0, 0, -1) == 8);
  CHECK(cart_neighbor(t, 0, 1, -1) == mpi::PROC_NULL);
  CHECK(cart_neighbor(t, 0, 0, 7) == 4);
}

TEST_CASE("a grid without dimensions has one place") {
  Topology t = cart({}, {});
  CHECK(cart_size(t) == 1);
  CHECK(cart_rank_of(t, nullptr) == 0);
}

TEST_CASE("balanced dimensions fall and are as equal as possible") {
  CHECK(balanced(6, {0, 0}) == Ints{3, 2});
  CHECK(balanced(12, {0, 0, 0}) == Ints{3, 2, 2});
  CHECK(balanced(7, {0, 0}) == Ints{7, 1});
  CHECK(balanced(64, {0, 0, 0}) == Ints{4, 4, 4});
  CHECK(balanced(60, {0, 0, 0}) == Ints{5, 4, 3});
  CHECK(balanced(1000000, {0, 0, 0}) == Ints{100, 100, 100});
  CHECK(balanced(1, {0, 0, 0, 0}) == Ints{1, 1, 1, 1});
  CHECK(balanced(720720, {0, 0, 0, 0}).size() == 4);
}

TEST_CASE("given dimensions stay, impossible ones are refused") {
  CHECK(balanced(24, {0, 4, 0}) == Ints{3, 4, 2});
  CHECK(balanced(8, {2, 4}) == Ints{2, 4});
  int bad[] = {5, 0}, all_given[] = {2, 2}, negative[] = {-1, 0};
  CHECK(balance_dims(12, 2, bad) == mpi::ERR_DIMS);
  CHECK(balance_dims(8, 2, all_given) == mpi::ERR_DIMS);
  CHECK(balance_dims(8, 2, negative) == mpi::ERR_DIMS);
}
