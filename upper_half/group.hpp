// SPDX-License-Identifier: Apache-2.0
// Groups (MPI 4.1 §7.3) live wholly in the upper half: an ordered list of world ranks. No real MPI has one of ours.
#pragma once

#include "upper_half/objects.hpp"

namespace mana::upper {

struct Group : Object {
  Vector<int> world_ranks;
  int rank = 0;                ///< of this process, or mpi::UNDEFINED
  Session* session = nullptr;  ///< referenced; null: of the world model

  int size() const { return static_cast<int>(world_ranks.size()); }
};

/// A new group with one reference, derived from a session or none; an empty list gives MPI_GROUP_EMPTY.
Group* make_group(Vector<int> world_ranks, Session* session = nullptr);
void release(Group* group);

/// Position of a world rank in the group, or mpi::UNDEFINED.
int position_in(const Group& group, int world_rank);
bool same_order(const Group& a, const Group& b);
bool same_members(const Group& a, const Group& b);

inline bool usable(const Group* group) { return group != nullptr && group->vid != 0x108; }

}  // namespace mana::upper
