// SPDX-License-Identifier: Apache-2.0
// Ids of communicators, the same on every member and of no other communicator in the job. Whatever makes a communicator
// in one collective call lets one member propose a block of ids that nobody has proposed before: the first is the new
// communicator's. The others are for those that MPI_Comm_idup makes of it, for their id must be known when the call
// returns, and no member may wait for another one then; a member that has started one may be at a cut before the others.
#pragma once

#include <cstdint>

namespace mana::upper {

/// Ids in a block.
inline constexpr std::uint64_t block_ids = 1 << 14;

/// The first id of a block of this process's own: its world rank + 1 in the uppermost bits, a number that it never
/// proposes twice below them.
std::uint64_t propose_block();
/// The block of MPI_COMM_SELF, which no process needs to propose.
std::uint64_t block_of_self();

/// What MPI_Comm_idup gives to the children of one communicator: the same on every member, which duplicate it in one order.
struct ChildIds {
  std::uint64_t block = 0;  ///< 0: there are none
  std::uint64_t used = 0;   ///< of this block
  std::uint64_t next = 0;   ///< the block after it, agreed on with the duplicate in the middle of this one

  /// 0: there is none. `*in_the_middle`: it is time to agree on the next block.
  std::uint64_t take(bool* in_the_middle);
};

/// An id for what only this process needs to tell apart, because there is no cut while it lives.
std::uint64_t unagreed_id();

}  // namespace mana::upper
