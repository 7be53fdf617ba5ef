// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "gen/mpi_constants.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/errhandler.hpp"

using namespace mana;
using namespace mana::upper;

TEST_CASE("classes are their own class and have a text") {
  char text[8192];
  int length = 0, error_class = 0;
  for (int code = 0; code <= mpi::ERR_ABI; ++code) {
    REQUIRE(api::error_class(code, &error_class) == 0);
    CHECK(error_class == code);
    REQUIRE(api::error_string(code, text, &length) == 0);
    CHECK(length == static_cast<int>(std::string(text).size()));
    CHECK(length > 0);
  }
}

TEST_CASE("added classes and codes move MPI_LASTUSEDCODE, and removing the last ones moves it back") {
  int before = last_used_code(), own_class = 0, own_code = 0, found = 0, length = 0;
  REQUIRE(api::add_error_class(&own_class) == 0);
  REQUIRE(api::add_error_code(own_class, &own_code) == 0);
  CHECK(own_class > mpi::ERR_LASTCODE);
  CHECK(last_used_code() == own_code);
  REQUIRE(api::error_class(own_code, &found) == 0);
  CHECK(found == own_class);
  REQUIRE(api::add_error_string(own_code, "too much tea") == 0);
  char text[8192];
  REQUIRE(api::error_string(own_code, text, &length) == 0);
  CHECK(std::string(text) == "too much tea");
  CHECK(api::remove_error_class(own_class) == mpi::ERR_ARG);
  CHECK(api::remove_error_string(own_code) == 0);
  CHECK(api::remove_error_code(own_code) == 0);
  CHECK(api::remove_error_class(own_class) == 0);
  CHECK(last_used_code() == before);
}

TEST_CASE("an unknown code is refused") {
  int error_class = 0;
  CHECK(api::error_class(9999, &error_class) == mpi::ERR_ARG);
  CHECK(api::add_error_string(mpi::ERR_COMM, "no") == mpi::ERR_ARG);
}
