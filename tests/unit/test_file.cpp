// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "upper_half/file.hpp"

using namespace mana;
using namespace mana::upper;

TEST_CASE("the kind of a file system before a file name is told from a relative name and from a short drive letter") {
  CHECK(prefix_length("ufs:/data/file") == 4);
  CHECK(prefix_length("panfs:file") == 6);
  CHECK(prefix_length("/data/ufs:file") == 0);
  CHECK(prefix_length("c:file") == 0);
  CHECK(prefix_length("file") == 0);
  CHECK(prefix_length("") == 0);
}

TEST_CASE("the real MPI hears nothing of sequential files and of deletion on close") {
  CHECK(real_amode(mpi::MODE_RDWR | mpi::MODE_CREATE | mpi::MODE_DELETE_ON_CLOSE) == (mpi::MODE_RDWR | mpi::MODE_CREATE));
  CHECK(real_amode(mpi::MODE_WRONLY | mpi::MODE_SEQUENTIAL) == mpi::MODE_WRONLY);
}

TEST_CASE("the internal representation is that of memory") {
  CHECK(std::string(real_datarep("internal")) == "native");
  CHECK(std::string(real_datarep("external32")) == "external32");
}
