// SPDX-License-Identifier: Apache-2.0
// What many ranks say, merged into what one part of the job says, so that the coordinator's work grows with the number of its
// connections and not with that of the ranks. Pure: no clock, no socket. The coordinator and every relay have one Merger; what a
// relay's Merger has merged is one child of the Merger above it.
//
// The agreement (agreement.hpp) needs of a communicator: the largest count, which is the target; the smallest, for somebody is
// behind exactly when it is below the target; and the targets that would let in those who are held. All are maxima, minima and sums, so
// merging in any tree gives what merging in one place gives. Whether a rank is behind is known where its whole report is, beside
// the targets: in the relay that the rank is connected to.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "coordinator/rank_port.hpp"

namespace mana {

/// A rank or a relay, as whoever it reports to numbers it.
using ChildId = std::uint64_t;

/// What a part of the job says of one communicator.
struct CommunicatorPart {
  std::uint64_t lowest = 0, highest = 0;  ///< collectives entered, over the members in this part
  std::uint64_t held = 0;                 ///< the target that lets in all who stand in front of its next collective; 0: nobody does
  std::uint64_t wanted = 0;               ///< the same of those among them who are behind on another communicator

  friend bool operator==(const CommunicatorPart&, const CommunicatorPart&) = default;
};

/// Sums over the ranks of a part.
struct PartSums {
  std::uint64_t sent = 0, received = 0;  ///< modulo 2^64; a head has 0 until its whole part is at the line, for nobody needs them before
  int known = 0;                         ///< ranks that have reported
  int inside = 0, unsupported = 0, stopped = 0, at_line = 0;
  int late = 0;          ///< behind, or using something unsupported
  int late_outside = 0;  ///< of these, not waiting in MPI for others

  void add(const PartSums& other, int sign);
  friend bool operator==(const PartSums&, const PartSums&) = default;
};

/// What does not grow with the number of communicators.
struct PartHead {
  PartSums sums;
  std::uint32_t moved = 0;  ///< the last stall since which a rank that was awaited has moved
  int unsupported_rank = -1;
  std::string unsupported;  ///< what the first of those ranks uses

  friend bool operator==(const PartHead&, const PartHead&) = default;
};

/// What is new in a part since it was last told of.
struct PartChange {
  PartHead head;
  std::vector<std::pair<std::uint64_t, CommunicatorPart>> changed;  ///< by communicator
  std::vector<std::uint64_t> gone;                                  ///< no member of them is left in the part
};

class Merger {
 public:
  /// Replaces what is known of a child that is a rank. Communicators that it no longer names were freed.
  void take_rank(ChildId child, int rank, RankReport report);
  void take_part(ChildId child, PartChange change);
  const RankReport& latest(ChildId child) const;

  /// A target that holds from now on; never lowered.
  void set_target(std::uint64_t communicator, std::uint64_t target);
  std::uint64_t target(std::uint64_t communicator) const;  ///< 0: none is known

  /// Stall number `stall` begins: every rank that is not held is awaited.
  void mark_awaited(std::uint32_t stall);

  /// Merges what has come. The communicators with another value than after the last call.
  std::vector<std::uint64_t> merge();
  /// Of the last merge(); nullptr: nobody here is a member.
  const CommunicatorPart* part_of(std::uint64_t communicator) const;
  PartHead head() const;
  const PartSums& sums() const { return sums_; }
  std::uint32_t moved() const { return moved_; }
  std::vector<std::uint64_t> communicators() const;

  /// For whoever speaks for this part: is there anything new, and what.
  bool has_news();
  PartChange take_change();

  /// Children with members of the communicator.
  std::vector<ChildId> children_of(std::uint64_t communicator) const;
  /// Children with the first member of a communicator there, since the last call: they may have none of its targets yet.
  std::vector<std::pair<ChildId, std::uint64_t>> take_newcomers() { return std::exchange(newcomers_, {}); }
  /// The targets that are known of a child's communicators.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> targets_of(ChildId child) const;

 private:
  struct Child {
    int rank = -1;  ///< -1: a relay
    RankReport report;
    PartHead head;
    std::unordered_set<std::uint64_t> communicators;
    bool behind = false, awaited = false;
  };
  struct Line {
    std::unordered_map<ChildId, CommunicatorPart> parts;
    CommunicatorPart whole;
    std::uint64_t target = 0;
    bool has_target = false, dirty = false, merged = false;  ///< merged: `whole` is known outside
  };

  void enter(ChildId child, Child& of, std::uint64_t communicator, const CommunicatorPart& part);
  void leave(ChildId child, Child& of, std::uint64_t communicator);
  void leave_freed(ChildId child, Child& rank);
  void mark_dirty(std::uint64_t communicator, Line& line);
  void refresh(ChildId id, Child& rank);
  bool is_behind(const Child& rank) const;
  bool is_held(const Child& rank) const;
  void replace_head(Child& child, PartHead head);

  std::unordered_map<ChildId, Child> children_;
  std::unordered_map<std::uint64_t, Line> lines_;
  std::vector<std::uint64_t> dirty_;
  std::vector<std::pair<ChildId, std::uint64_t>> newcomers_;
  std::unordered_set<std::uint64_t> unsaid_;  ///< communicators with news for take_change()
  PartHead said_;
  PartSums sums_;
  std::uint32_t stall_ = 0, moved_ = 0;
};

}  // namespace mana
