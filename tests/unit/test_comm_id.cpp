// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <set>

#include "upper_half/comm_id.hpp"
#include "upper_half/thread.hpp"

using namespace mana::upper;

namespace {

/// The job of `size` ranks as rank `rank` sees it, until the end of the test.
class InJob {
 public:
  InJob(int rank, int size) : before_{interface().rank, interface().size} {
    interface().rank = rank;
    interface().size = size;
  }
  ~InJob() {
    interface().rank = before_[0];
    interface().size = before_[1];
  }

 private:
  int before_[2];
};

}  // namespace

TEST_CASE("blocks of all ranks are apart, in jobs of any size") {
  for (int size : {1, 2, 3, 4, 1000, 1 << 20}) {
    std::set<std::uint64_t> firsts{0, block_ids};  // of MPI_COMM_WORLD and its children
    for (int rank : {0, size / 2, size - 1}) {
      InJob job(rank, size);
      if (!firsts.insert(block_of_self()).second) continue;  // a rank that we had
      for (int i = 0; i < 100; ++i) CHECK(firsts.insert(propose_block()).second);
    }
    for (auto one = firsts.begin(), next = std::next(one); next != firsts.end(); ++one, ++next) CHECK(*next - *one >= block_ids);
  }
}

TEST_CASE("children get slices of a block that do not overlap, then those of the next block if there is one") {
  ChildIds ids = ChildIds::behind({block_ids * 5, block_ids});
  std::uint64_t end = block_ids * 5 + 1;
  int middles = 0;
  bool middle = false;
  for (std::uint64_t i = 1; i < slices_of_a_block; ++i) {
    const IdSlice slice = ids.take(&middle);
    CHECK(slice.first == end);
    end = slice.first + slice.count;
    middles += middle ? 1 : 0;
    if (middle) *ids.next() = block_ids * 9;
  }
  CHECK(end <= block_ids * 6);
  CHECK(middles == 1);
  CHECK(ids.take(&middle).first == block_ids * 9);
  CHECK(*ids.next() == 0);
}

TEST_CASE("children of children get ids of their own, until there are none, and then agree on a block") {
  ChildIds ids = ChildIds::behind({block_ids * 5, block_ids});
  bool middle = false;
  std::set<std::uint64_t> given;
  for (int i = 0; i < 50; ++i) {
    const IdSlice child = ids.take(&middle);
    CHECK(given.insert(child.first).second);
    ChildIds own = ChildIds::behind(child);
    for (int j = 0; j < 60; ++j) {
      const IdSlice grandchild = own.take(&middle);
      CHECK(given.insert(grandchild.first).second);
      CHECK(grandchild.count == 1);
      ChildIds last = ChildIds::behind(grandchild);
      *last.next() = block_ids * 10;
      CHECK(last.take(&middle).first == block_ids * 10);
    }
  }
}

TEST_CASE("who does not know a block yet counts as those who do") {
  ChildIds knows = ChildIds::behind({block_ids * 5, block_ids}), waits = knows;
  for (std::uint64_t i = 0; i < 5 * slices_of_a_block; ++i) {
    bool one = false, other = false;
    const IdSlice known = knows.take(&one), unknown = waits.take(&other);
    CHECK(one == other);
    CHECK(known.count == unknown.count);
    CHECK((unknown.first == 0 || unknown.first == known.first));
    if (one) *knows.next() = block_ids * (10 + i);
  }
}

TEST_CASE("who has no block gives none") {
  ChildIds ids;
  bool middle = true;
  CHECK(ids.take(&middle).first == 0);
  CHECK_FALSE(middle);
}
