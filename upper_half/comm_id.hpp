// SPDX-License-Identifier: Apache-2.0
// Ids of communicators, the same on every member and of no other communicator in the job. Whatever makes a communicator
// in one collective call lets one member propose a block of ids that nobody has proposed before: the first is the new
// communicator's. The others are for those that MPI_Comm_idup makes of it, for their id must be known when the call
// returns, and no member may wait for another one then; a member that has started one may be at a cut before the others.
// Each of these gets a slice of ids for its own children, so that most duplications need no agreement at all.
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

/// How many communicators by MPI_Comm_idup one block serves.
inline constexpr std::uint64_t slices_of_a_block = 128;

/// What one of them gets: its own id, and those behind it for its children.
struct IdSlice {
  std::uint64_t first = 0;  ///< 0: the block is not known here (yet)
  std::uint64_t count = 0;
};

/// What MPI_Comm_idup gives to the children of one communicator: the same on every member, which duplicate it in one order. How far they are is
/// counted everywhere alike, also by a member that does not know a block yet, since whoever has to agree on another must know it from this alone.
struct ChildIds {
  std::uint64_t blocks[2] = {};  ///< the one in use is blocks[turn % 2], the other is the next one; 0: not known
  std::uint64_t size = 0;        ///< ids of the block in use
  std::uint64_t used = 0;
  std::uint64_t turn = 0;

  /// Of a communicator with the id `slice.first`.
  static ChildIds behind(IdSlice slice) { return {{slice.first, 0}, slice.count, 1, 0}; }
  /// `*in_the_middle`: it is time to agree on the next block.
  IdSlice take(bool* in_the_middle);
  std::uint64_t* next() { return &blocks[(turn + 1) % 2]; }
};

/// An id for what only this process needs to tell apart, because there is no cut while it lives.
std::uint64_t unagreed_id();

}  // namespace mana::upper
