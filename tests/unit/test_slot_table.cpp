// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <set>

#include "upper_half/objects.hpp"

using namespace mana::upper;

TEST_CASE("a vid names class and slot, and is MPICH's kind of handle") {
  SlotTable table(Class::datatype, 0x100);
  auto* object = create<Object>();
  table.put(object);
  CHECK(object->vid == 0x8c000100);
  CHECK(table.at(object->vid) == object);
  CHECK(table.at(object->vid + 1) == nullptr);
  CHECK(table.at(0x84000100) == nullptr);
}

TEST_CASE("a removed object is not found, and its slot is used again") {
  SlotTable table(Class::comm);
  auto *first = create<Object>(), *second = create<Object>();
  table.put(first);
  std::uint32_t vid = first->vid;
  table.remove(first);
  CHECK(table.at(vid) == nullptr);
  table.put(second);
  CHECK(second->vid == vid);
}

TEST_CASE("a table grows beyond one chunk and stays findable") {
  SlotTable table(Class::op);
  Vector<Object*> objects;
  for (int i = 0; i < 100000; ++i) {
    objects.push_back(create<Object>());
    table.put(objects.back());
  }
  CHECK(table.live() == 100000);
  int seen = 0;
  table.each([&](Object* o) { seen += table.at(o->vid) == o; });
  CHECK(seen == 100000);
  for (Object* o : objects) table.remove(o);
  CHECK(table.live() == 0);
}

TEST_CASE("a loop of create and free takes no new memory") {
  std::set<void*> blocks;
  for (int i = 0; i < 10000; ++i) {
    void* block = arena_allocate(200);
    blocks.insert(block);
    arena_release(block);
  }
  CHECK(blocks.size() == 1);
}

TEST_CASE("arena blocks are aligned, big ones too, and don't overlap") {
  Vector<std::pair<char*, std::size_t>> blocks;
  for (std::size_t bytes = 1; bytes < 300000; bytes = bytes * 5 / 4 + 1) {
    auto* block = static_cast<char*>(arena_allocate(bytes));
    CHECK(reinterpret_cast<std::uintptr_t>(block) % 16 == 0);
    std::memset(block, static_cast<int>(blocks.size()), bytes);
    blocks.push_back({block, bytes});
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    bool intact = true;
    for (std::size_t b = 0; b < blocks[i].second; ++b) intact &= blocks[i].first[b] == static_cast<char>(i);
    CHECK(intact);
    arena_release(blocks[i].first);
  }
}
