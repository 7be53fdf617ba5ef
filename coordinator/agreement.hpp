// SPDX-License-Identifier: Apache-2.0
// How ranks find a consistent cut, as a pure state machine: reports in, decisions out. No clock, no socket, no thread of
// its own. The method is that of counters and targets (Xu and Cooperman, CLUSTER 2024), with one rule added for stalls.
//
// Every rank counts the collectives it has entered per communicator. The largest count is the communicator's target. A rank
// below a target is behind and runs on; a rank at the target is held in front of the next collective. Nobody behind and
// nobody inside a blocking collective: stop. Raising a target is always safe, for it only lets the program run on; but a target
// must be reached: it is only ever raised to let in a rank that stands in front of that collective. tests/model has the proof.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coordinator/rank_port.hpp"

namespace mana {

class Agreement {
 public:
  enum class Step { collecting, agreeing, stopping, drained };
  using Milliseconds = std::int64_t;  ///< on any steady clock

  /// What to tell the ranks now.
  struct Decision {
    std::vector<std::uint64_t> raised;  ///< communicators with a new target: tell their members
    bool targets_known = false;         ///< first targets: tell every rank, even one without communicators
    bool stop = false;
    bool all_stopped = false;
    bool drained = false;
  };

  explicit Agreement(int ranks, Milliseconds now);

  /// `report` replaces what was known of `rank`.
  Decision report(int rank, RankReport report, Milliseconds now);
  /// To be called every few milliseconds: applies the stall rule.
  Decision tick(Milliseconds now);

  Step step() const { return step_; }
  std::uint64_t target(std::uint64_t communicator) const;
  const std::vector<int>& members(std::uint64_t communicator) const;
  const RankReport& latest(int rank) const { return ranks_[static_cast<std::size_t>(rank)].report; }

  /// "" or why this program can't be checkpointed at present: something unsupported has lasted for `patience`.
  std::string unsupported_for(Milliseconds patience, Milliseconds now) const;
  /// Whom the round waits for: which rank, in which call, on which communicator.
  std::string diagnosis() const;

 private:
  struct Rank {
    RankReport report;
    std::unordered_map<std::uint64_t, std::uint64_t> entered;
    int behind = 0;  ///< on how many communicators; kept from the first targets on
    bool known = false;
    bool awaited = false;  ///< has not said anything since the last stall, and was not held then
  };
  /// Sums over all ranks of what their latest reports say.
  struct Totals {
    std::uint64_t sent = 0, received = 0;
    int inside = 0, unsupported = 0, stopped = 0, at_line = 0;
  };
  struct Communicator {
    std::uint64_t target = 0;
    std::vector<int> members;
  };

  void take(int rank, RankReport report);
  void count(const RankReport& report, int sign);
  void add_behind(int rank, int change);
  void first_targets();
  void raise(std::uint64_t communicator, std::uint64_t target);
  bool let_in(int rank);
  bool may_stop() const;
  Milliseconds patience_now() const;
  Decision decide();

  Step step_ = Step::collecting;
  std::vector<Rank> ranks_;
  std::unordered_map<std::uint64_t, Communicator> communicators_;
  std::vector<std::uint64_t> raised_;
  std::vector<int> look_at_;  ///< ranks that may have to be let in
  Totals totals_;
  int unknown_, behind_ranks_ = 0;
  Milliseconds last_change_, unsupported_since_;
  bool stalled_ = false;  ///< somebody waits for the held ones, and has not moved since
  bool all_stopped_ = false;
};

/// "in MPI_Recv on communicator 0x5", "outside of MPI", "held in front of MPI_Bcast …": where a rank is, for people.
std::string describe_place(const RankReport& report);

}  // namespace mana
