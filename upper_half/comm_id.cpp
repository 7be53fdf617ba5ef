// SPDX-License-Identifier: Apache-2.0
// Numbers for communicators.
#include "upper_half/comm_id.hpp"

#include <algorithm>
#include <bit>

#include "upper_half/thread.hpp"

namespace mana::upper {
namespace {

volatile std::uint64_t proposals;
volatile std::uint64_t unagreed;

std::uint64_t numbered(std::uint64_t number) {
  auto rank_bits = std::bit_width(static_cast<std::uint64_t>(interface().size));
  return (static_cast<std::uint64_t>(interface().rank) + 1) << (64 - rank_bits) | number * block_ids;
}

}  // namespace

std::uint64_t propose_block() { return numbered(__atomic_add_fetch(&proposals, 1, __ATOMIC_RELAXED)); }

std::uint64_t block_of_self() { return numbered(0); }

std::uint64_t unagreed_id() { return ~__atomic_add_fetch(&unagreed, 1, __ATOMIC_RELAXED); }

IdSlice ChildIds::take(bool* in_the_middle) {
  std::uint64_t count = std::max<std::uint64_t>(size / slices_of_a_block, 1);
  if (used + count > size) {
    blocks[turn++ % 2] = 0;
    size = block_ids;
    used = 0;
    count = block_ids / slices_of_a_block;
  }
  *in_the_middle = used <= size / 2 && used + count > size / 2;
  const std::uint64_t block = blocks[turn % 2];
  const IdSlice slice{block == 0 ? 0 : block + used, count};
  used += count;
  return slice;
}

}  // namespace mana::upper
