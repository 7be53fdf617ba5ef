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

TEST_CASE("children get the ids of a block once each, then those of the next block if there is one") {
  ChildIds ids{block_ids * 5, 1, 0};
  std::set<std::uint64_t> given;
  int middles = 0;
  bool middle = false;
  for (std::uint64_t i = 1; i < block_ids; ++i) {
    CHECK(given.insert(ids.take(&middle)).second);
    middles += middle ? 1 : 0;
  }
  CHECK(*given.begin() == block_ids * 5 + 1);
  CHECK(*given.rbegin() == block_ids * 6 - 1);
  CHECK(middles == 1);
  CHECK(ids.take(&middle) == 0);
  ids.next = block_ids * 9;
  CHECK(ids.take(&middle) == block_ids * 9);
  CHECK(ids.next == 0);
}

TEST_CASE("who has no block gives none") {
  ChildIds ids;
  bool middle = true;
  CHECK(ids.take(&middle) == 0);
  CHECK_FALSE(middle);
}
