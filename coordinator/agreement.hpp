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
#include <unordered_set>
#include <utility>
#include <vector>

#include "coordinator/merging.hpp"

namespace mana {

class Agreement {
 public:
  enum class Step { collecting, agreeing, stopping, drained };
  using Milliseconds = std::int64_t;  ///< on any steady clock

  /// What to tell the children now, in this order.
  struct Decision {
    std::uint32_t stall = 0;            ///< the number of a stall that begins: tell the relays
    std::vector<std::uint64_t> raised;  ///< communicators with a new target: tell the children that have members of them
    bool targets_known = false;         ///< first targets: tell every child, even one without communicators
    bool stop = false;
    bool all_stopped = false;
    bool drained = false;
  };

  explicit Agreement(int ranks, Milliseconds now);

  /// What a child says; decide() then tells what follows. Many may be taken at once.
  void take_rank(ChildId child, int rank, RankReport report, Milliseconds now);
  void take_part(ChildId child, PartChange change, Milliseconds now);
  Decision decide();
  /// To be called every few milliseconds: applies the stall rule.
  Decision tick(Milliseconds now);

  Step step() const { return step_; }
  std::uint64_t target(std::uint64_t communicator) const { return merger_.target(communicator); }
  const Merger& merger() const { return merger_; }

  /// "" or why this program can't be checkpointed at present: something unsupported has lasted for `patience`.
  std::string unsupported_for(Milliseconds patience, Milliseconds now) const;
  /// Whom the round waits for: which rank, in which call, on which communicator. By rank; nullptr: has not answered.
  std::string diagnosis(const std::vector<const RankReport*>& ranks) const;

 private:
  void note_unsupported(int before, Milliseconds now);
  void first_targets();
  void consider(std::uint64_t communicator);
  void raise(std::uint64_t communicator, std::uint64_t target);
  bool settle();
  bool somebody_is_held() const;
  bool may_stop() const;
  Milliseconds patience_now() const;
  std::string why_waiting(const RankReport& report) const;

  Step step_ = Step::collecting;
  Merger merger_;
  std::vector<std::uint64_t> raised_;
  std::unordered_set<std::uint64_t> behind_;  ///< communicators that somebody is behind on; kept while agreeing
  const int ranks_;
  Milliseconds last_change_, unsupported_since_, stalled_since_ = 0;
  std::uint32_t stall_ = 0;  ///< number of the last one
  bool stalled_ = false;     ///< somebody waits for the held ones, and has not moved since
  bool all_stopped_ = false;
};

/// "in MPI_Recv on communicator 0x5", "outside of MPI", "waiting in MPI" (for a message or a request), "held in front of MPI_Bcast …": where a rank is, for people.
std::string describe_place(const RankReport& report);

}  // namespace mana
