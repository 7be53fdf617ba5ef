// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "gen/mpi_constants.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/info.hpp"

using namespace mana;
using namespace mana::upper;

TEST_CASE("an application of the standard ABI, as here, hears its version") {
  int major = 0, minor = 0;
  REQUIRE(api::abi_get_version(&major, &minor) == 0);
  CHECK(major == 1);
  CHECK(minor == 0);
}

TEST_CASE("sizes of Fortran's and MPI's integers are told, and can't be changed") {
  Info* info = nullptr;
  REQUIRE(api::abi_get_info(&info) == 0);
  CHECK(*info->find("mpi_count_size") == "8");
  release(info);
  REQUIRE(api::abi_get_fortran_info(&info) == 0);
  CHECK(*info->find("mpi_logical_size") == "4");
  CHECK(api::abi_set_fortran_info(info) == mpi::ERR_ABI);
  release(info);
}

TEST_CASE("the booleans are those of a LOGICAL of the default kind only") {
  int yes = 7, no = 7, is_set = -1;
  REQUIRE(api::abi_get_fortran_booleans(4, &yes, &no, &is_set) == 0);
  CHECK(is_set == 1);
  CHECK(yes == 1);
  CHECK(no == 0);
  REQUIRE(api::abi_get_fortran_booleans(8, &yes, &no, &is_set) == 0);
  CHECK(is_set == 0);
}
