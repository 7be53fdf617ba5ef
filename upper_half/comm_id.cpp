// SPDX-License-Identifier: Apache-2.0
// Numbers for communicators.
#include "upper_half/comm_id.hpp"

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

std::uint64_t ChildIds::take(bool* in_the_middle) {
  *in_the_middle = false;
  if (block == 0) return 0;
  if (used == block_ids) {
    if (next == 0) return 0;
    block = next;
    next = used = 0;
  }
  *in_the_middle = used == block_ids / 2;
  return block + used++;
}

}  // namespace mana::upper
