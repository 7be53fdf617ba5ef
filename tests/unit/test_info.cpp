// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "gen/mpi_constants.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/info.hpp"
#include "upper_half/predefined.hpp"

using namespace mana;
using namespace mana::upper;

TEST_CASE("keys keep the order of their first setting; a later value replaces the earlier") {
  Info* info = nullptr;
  api::info_create(&info);
  api::info_set(info, "b", "1");
  api::info_set(info, "a", "2");
  api::info_set(info, "b", "3");
  int keys = 0, flag = 0;
  api::info_get_nkeys(info, &keys);
  CHECK(keys == 2);
  char text[8192];
  api::info_get_nthkey(info, 0, text);
  CHECK(std::string(text) == "b");
  api::info_get(info, "b", 10, text, &flag);
  CHECK(flag == 1);
  CHECK(std::string(text) == "3");
}

TEST_CASE("MPI_Info_get cuts a value, MPI_Info_get_string says how much room it needs") {
  Info* info = nullptr;
  api::info_create(&info);
  api::info_set(info, "key", "0123456789");
  char text[8192];
  int flag = 0, length = 5;
  api::info_get(info, "key", 4, text, &flag);
  CHECK(std::string(text) == "0123");
  api::info_get_string(info, "key", &length, text, &flag);
  CHECK(std::string(text) == "0123");
  CHECK(length == 11);
}

TEST_CASE("what is not there can't be deleted, and a copy is independent") {
  Info *info = nullptr, *copy = nullptr;
  api::info_create(&info);
  api::info_set(info, "key", "1");
  api::info_dup(info, &copy);
  CHECK(api::info_delete(info, "key") == 0);
  CHECK(api::info_delete(info, "key") == mpi::ERR_INFO_NOKEY);
  CHECK(copy->find("key") != nullptr);
}

TEST_CASE("MPI_INFO_NULL and freed infos are refused") {
  auto* null = static_cast<Info*>(predefined_objects[mpi::INFO_NULL]);
  CHECK(api::info_set(null, "a", "b") == mpi::ERR_INFO);
  Info* info = nullptr;
  api::info_create(&info);
  std::uint32_t vid = info->vid;
  api::info_free(&info);
  CHECK(info == null);
  CHECK(info_slots.at(vid) == nullptr);
}
