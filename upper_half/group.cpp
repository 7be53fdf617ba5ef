// SPDX-License-Identifier: Apache-2.0
// Group calls, MPI 4.1 §7.3.2 and §7.3.3.
#include "upper_half/group.hpp"

#include <algorithm>

#include "common/mpi_constants.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/session.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {
namespace {

/// World rank -> position, for operations over whole groups.
class Positions {
 public:
  explicit Positions(const Group& group) {
    int highest = -1;
    for (int r : group.world_ranks) highest = std::max(highest, r);
    position_.assign(static_cast<std::size_t>(highest) + 1, mpi::UNDEFINED);
    for (int i = 0; i < group.size(); ++i) position_[group.world_ranks[i]] = i;
  }
  int of(int world_rank) const { return world_rank >= 0 && world_rank < static_cast<int>(position_.size()) ? position_[world_rank] : mpi::UNDEFINED; }

 private:
  Vector<int> position_;
};

Group* empty_group() { return static_cast<Group*>(predefined_objects[mpi::GROUP_EMPTY]); }

}  // namespace

Group* make_group(Vector<int> world_ranks, Session* session) {
  if (world_ranks.empty()) return empty_group();
  auto* group = create<Group>();
  group->world_ranks = std::move(world_ranks);
  group->rank = position_in(*group, interface().rank);
  set_session(&group->session, session);
  group_slots.put(group);
  return group;
}

void release(Group* group) {
  if (group == nullptr || !drop_reference(group)) return;
  group_slots.remove(group);
  release(group->session);
  destroy(group);
}

int position_in(const Group& group, int world_rank) {
  auto found = std::find(group.world_ranks.begin(), group.world_ranks.end(), world_rank);
  return found == group.world_ranks.end() ? mpi::UNDEFINED : static_cast<int>(found - group.world_ranks.begin());
}

bool same_order(const Group& a, const Group& b) { return &a == &b || a.world_ranks == b.world_ranks; }

bool same_members(const Group& a, const Group& b) {
  if (a.size() != b.size()) return false;
  Vector<int> x = a.world_ranks, y = b.world_ranks;
  std::sort(x.begin(), x.end());
  std::sort(y.begin(), y.end());
  return x == y;
}

}  // namespace mana::upper

namespace mana::api {
namespace {

/// Writes the triplets (first, last, stride) out as a rank list, MPI 4.1 §7.3.2. Returns an error class.
int expand_ranges(const Group& group, int n, const int (*ranges)[3], Vector<int>* ranks) {
  for (int i = 0; i < n; ++i) {
    int first = ranges[i][0], last = ranges[i][1], stride = ranges[i][2];
    if (stride == 0) return mpi::ERR_ARG;
    for (std::int64_t r = first; stride > 0 ? r <= last : r >= last; r += stride) {
      if (r < 0 || r >= group.size()) return mpi::ERR_RANK;
      ranks->push_back(static_cast<int>(r));
    }
  }
  return 0;
}

int include(const Group& group, int n, const int* ranks, Group** newgroup) {
  if (n < 0) return mpi::ERR_ARG;
  Vector<char> taken(group.world_ranks.size(), 0);
  Vector<int> members;
  members.reserve(n);
  for (int i = 0; i < n; ++i) {
    if (ranks[i] < 0 || ranks[i] >= group.size() || taken[ranks[i]] != 0) return mpi::ERR_RANK;
    taken[ranks[i]] = 1;
    members.push_back(group.world_ranks[ranks[i]]);
  }
  *newgroup = make_group(std::move(members), group.session);
  return 0;
}

int exclude(const Group& group, int n, const int* ranks, Group** newgroup) {
  if (n < 0) return mpi::ERR_ARG;
  Vector<char> out(group.world_ranks.size(), 0);
  for (int i = 0; i < n; ++i) {
    if (ranks[i] < 0 || ranks[i] >= group.size() || out[ranks[i]] != 0) return mpi::ERR_RANK;
    out[ranks[i]] = 1;
  }
  Vector<int> members;
  for (int i = 0; i < group.size(); ++i)
    if (out[i] == 0) members.push_back(group.world_ranks[i]);
  *newgroup = make_group(std::move(members), group.session);
  return 0;
}

/// Members of `a` that are (`wanted`) or are not in `b`, in the order of `a`, after `members`.
void append_if(const Group& a, const Group& b, bool wanted, Vector<int>* members) {
  Positions in_b(b);
  for (int r : a.world_ranks)
    if ((in_b.of(r) != mpi::UNDEFINED) == wanted) members->push_back(r);
}

bool both_usable(const Group* a, const Group* b) { return usable(a) && usable(b); }

}  // namespace

int group_size(Group* group, int* size) {
  if (!usable(group)) return mpi::ERR_GROUP;
  *size = group->size();
  return 0;
}

int group_rank(Group* group, int* rank) {
  if (!usable(group)) return mpi::ERR_GROUP;
  *rank = group->rank;
  return 0;
}

int group_compare(Group* group1, Group* group2, int* result) {
  if (!both_usable(group1, group2)) return mpi::ERR_GROUP;
  WrapperScope scope;
  *result = group1 == group2 || same_order(*group1, *group2) ? mpi::IDENT : same_members(*group1, *group2) ? mpi::SIMILAR : mpi::UNEQUAL;
  return 0;
}

int group_translate_ranks(Group* group1, int n, const int* ranks1, Group* group2, int* ranks2) {
  if (!both_usable(group1, group2)) return mpi::ERR_GROUP;
  if (n < 0 || (n > 0 && (ranks1 == nullptr || ranks2 == nullptr))) return mpi::ERR_ARG;
  WrapperScope scope;
  if (n < 4) {
    for (int i = 0; i < n; ++i) {
      if (ranks1[i] == mpi::PROC_NULL)
        ranks2[i] = mpi::PROC_NULL;
      else if (ranks1[i] < 0 || ranks1[i] >= group1->size())
        return mpi::ERR_RANK;
      else
        ranks2[i] = position_in(*group2, group1->world_ranks[ranks1[i]]);
    }
    return 0;
  }
  Positions in_second(*group2);
  for (int i = 0; i < n; ++i) {
    if (ranks1[i] == mpi::PROC_NULL)
      ranks2[i] = mpi::PROC_NULL;
    else if (ranks1[i] < 0 || ranks1[i] >= group1->size())
      return mpi::ERR_RANK;
    else
      ranks2[i] = in_second.of(group1->world_ranks[ranks1[i]]);
  }
  return 0;
}

int group_incl(Group* group, int n, const int* ranks, Group** newgroup) {
  if (!usable(group)) return mpi::ERR_GROUP;
  WrapperScope scope;
  return include(*group, n, ranks, newgroup);
}

int group_excl(Group* group, int n, const int* ranks, Group** newgroup) {
  if (!usable(group)) return mpi::ERR_GROUP;
  WrapperScope scope;
  return exclude(*group, n, ranks, newgroup);
}

int group_range_incl(Group* group, int n, const int (*ranges)[3], Group** newgroup) {
  if (!usable(group)) return mpi::ERR_GROUP;
  WrapperScope scope;
  Vector<int> ranks;
  if (int error = expand_ranges(*group, n, ranges, &ranks); error != 0) return error;
  return include(*group, static_cast<int>(ranks.size()), ranks.data(), newgroup);
}

int group_range_excl(Group* group, int n, const int (*ranges)[3], Group** newgroup) {
  if (!usable(group)) return mpi::ERR_GROUP;
  WrapperScope scope;
  Vector<int> ranks;
  if (int error = expand_ranges(*group, n, ranges, &ranks); error != 0) return error;
  return exclude(*group, static_cast<int>(ranks.size()), ranks.data(), newgroup);
}

int group_union(Group* group1, Group* group2, Group** newgroup) {
  if (!both_usable(group1, group2)) return mpi::ERR_GROUP;
  WrapperScope scope;
  Vector<int> members = group1->world_ranks;
  append_if(*group2, *group1, false, &members);
  *newgroup = make_group(std::move(members), group1->session);
  return 0;
}

int group_intersection(Group* group1, Group* group2, Group** newgroup) {
  if (!both_usable(group1, group2)) return mpi::ERR_GROUP;
  WrapperScope scope;
  Vector<int> members;
  append_if(*group1, *group2, true, &members);
  *newgroup = make_group(std::move(members), group1->session);
  return 0;
}

int group_difference(Group* group1, Group* group2, Group** newgroup) {
  if (!both_usable(group1, group2)) return mpi::ERR_GROUP;
  WrapperScope scope;
  Vector<int> members;
  append_if(*group1, *group2, false, &members);
  *newgroup = make_group(std::move(members), group1->session);
  return 0;
}

int group_free(Group** group) {
  if (!usable(*group)) return mpi::ERR_GROUP;
  WrapperScope scope;
  release(*group);
  *group = static_cast<Group*>(predefined_objects[mpi::GROUP_NULL]);
  return 0;
}

}  // namespace mana::api
