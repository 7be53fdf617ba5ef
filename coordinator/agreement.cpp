// SPDX-License-Identifier: Apache-2.0
// The rules of the agreement. `raise` is the only place that changes a target and keeps every rank's `behind` right.
#include "coordinator/agreement.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mana {
namespace {

// A rank that waits in MPI for a held one never moves by itself; one that computes usually does.
constexpr Agreement::Milliseconds stalled_in_mpi_ms = 20, stalled_outside_ms = 100, stalled_in_collective_ms = 500;

bool is(const RankReport& report, ThreadPlace place) { return report.place == static_cast<std::uint32_t>(place); }

bool waits_for_others(const RankReport& report) {
  return is(report, ThreadPlace::waiting) || is(report, ThreadPlace::blocking_send) || is(report, ThreadPlace::blocking_collective) ||
         is(report, ThreadPlace::parked_before_collective);
}

}  // namespace

Agreement::Agreement(int ranks, Milliseconds now)
    : ranks_(static_cast<std::size_t>(ranks)), unknown_(ranks), last_change_(now), unsupported_since_(now) {}

std::uint64_t Agreement::target(std::uint64_t communicator) const {
  const auto found = communicators_.find(communicator);
  return found == communicators_.end() ? 0 : found->second.target;
}

const std::vector<int>& Agreement::members(std::uint64_t communicator) const {
  static const std::vector<int> nobody;
  const auto found = communicators_.find(communicator);
  return found == communicators_.end() ? nobody : found->second.members;
}

Agreement::Decision Agreement::report(int rank, RankReport report, Milliseconds now) {
  const bool was_unsupported = totals_.unsupported > 0;
  Rank& r = ranks_[static_cast<std::size_t>(rank)];
  take(rank, std::move(report));
  last_change_ = now;
  if (r.awaited) stalled_ = false;
  if (totals_.unsupported > 0 && !was_unsupported) unsupported_since_ = now;
  return decide();
}

/// The stall rule: nobody has moved for a while, so one of the held ranks has what those behind wait for.
Agreement::Decision Agreement::tick(Milliseconds now) {
  if (step_ != Step::agreeing || stalled_ || now - last_change_ < patience_now()) return {};
  last_change_ = now;
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    ranks_[i].awaited = !let_in(static_cast<int>(i));
    stalled_ = stalled_ || !ranks_[i].awaited;
  }
  return decide();
}

void Agreement::count(const RankReport& report, int sign) {
  const auto change = static_cast<std::uint64_t>(sign);  // sums of unsigned numbers, modulo 2^64
  totals_.sent += change * report.sent;
  totals_.received += change * report.received;
  if (is(report, ThreadPlace::blocking_collective)) totals_.inside += sign;
  if (!report.unsupported.empty()) totals_.unsupported += sign;
  if (report.stopped) totals_.stopped += sign;
  if (report.at_line) totals_.at_line += sign;
}

void Agreement::add_behind(int rank, int change) {
  Rank& r = ranks_[static_cast<std::size_t>(rank)];
  behind_ranks_ -= r.behind > 0;
  r.behind += change;
  behind_ranks_ += r.behind > 0;
}

/// Replaces what is known of a rank; communicators that it no longer names were freed.
void Agreement::take(int rank, RankReport report) {
  Rank& r = ranks_[static_cast<std::size_t>(rank)];
  const bool counting = step_ != Step::collecting;
  if (!r.known) --unknown_;
  r.known = true;
  std::unordered_map<std::uint64_t, std::uint64_t> now(report.entered.begin(), report.entered.end());
  for (const auto& [id, count] : r.entered) {
    if (now.contains(id)) continue;
    Communicator& c = communicators_[id];
    if (counting && count < c.target) add_behind(rank, -1);
    std::erase(c.members, rank);
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> raises;
  for (const auto& [id, count] : now) {
    Communicator& c = communicators_[id];
    const auto before = r.entered.find(id);
    if (before == r.entered.end()) {
      c.members.push_back(rank);
      if (step_ == Step::agreeing) raised_.push_back(id);  // it may have none of this communicator's targets yet
    } else if (counting && before->second < c.target) {
      add_behind(rank, -1);
    }
    if (counting && count < c.target) add_behind(rank, 1);
    if (count > c.target) raises.emplace_back(id, count);
  }
  count(r.report, -1);
  count(report, 1);
  r.entered = std::move(now);
  r.report = std::move(report);
  // After the stop such a count is of a rank that looks, steps back and is held: a new target would let it in, alone.
  if (step_ <= Step::agreeing)
    for (const auto& [id, count] : raises) raise(id, count);
  look_at_.push_back(rank);
}

void Agreement::raise(std::uint64_t communicator, std::uint64_t target) {
  Communicator& c = communicators_[communicator];
  if (target <= c.target) return;
  if (step_ == Step::agreeing) {
    for (const int member : c.members) {
      const std::uint64_t entered = ranks_[static_cast<std::size_t>(member)].entered.at(communicator);
      if (entered < c.target || entered >= target) continue;
      add_behind(member, 1);
      look_at_.push_back(member);
    }
    raised_.push_back(communicator);
  }
  c.target = target;
}

/// Everybody has reported once: who is behind is known from here on.
void Agreement::first_targets() {
  step_ = Step::agreeing;
  for (std::size_t i = 0; i < ranks_.size(); ++i)
    for (const auto& [id, count] : ranks_[i].entered)
      if (count < target(id)) add_behind(static_cast<int>(i), 1);
}

/// Raises the target that holds this rank; false if none does.
bool Agreement::let_in(int rank) {
  const Rank& r = ranks_[static_cast<std::size_t>(rank)];
  bool held = false;
  for (const std::uint64_t id : r.report.parked_on) {
    const auto entered = r.entered.find(id);
    if (entered == r.entered.end() || entered->second < target(id)) continue;
    raise(id, entered->second + 1);
    held = true;
  }
  return held;
}

bool Agreement::may_stop() const { return behind_ranks_ == 0 && totals_.inside == 0 && totals_.unsupported == 0; }

Agreement::Milliseconds Agreement::patience_now() const {
  bool somebody = false;
  for (const Rank& r : ranks_) {
    if (r.behind == 0 && r.report.unsupported.empty()) continue;
    somebody = true;
    if (!waits_for_others(r.report)) return stalled_outside_ms;
  }
  return somebody ? stalled_in_mpi_ms : stalled_in_collective_ms;
}

Agreement::Decision Agreement::decide() {
  Decision decision;
  if (unknown_ > 0) return decision;
  if (step_ == Step::collecting) {
    first_targets();
    decision.targets_known = true;
  }
  if (step_ == Step::agreeing) {
    while (!look_at_.empty()) {
      const int rank = look_at_.back();
      look_at_.pop_back();
      // A rank that is held in front of one communicator while it is behind on another could never get there.
      if (stalled_ || ranks_[static_cast<std::size_t>(rank)].behind > 0) let_in(rank);
    }
    decision.stop = may_stop();
    if (decision.stop) step_ = Step::stopping;
  }
  look_at_.clear();
  if (step_ == Step::stopping && !decision.stop) {
    const int ranks = static_cast<int>(ranks_.size());
    if (totals_.stopped == ranks && !all_stopped_) decision.all_stopped = all_stopped_ = true;
    if (all_stopped_ && totals_.at_line == ranks && totals_.sent == totals_.received) {
      step_ = Step::drained;
      decision.drained = true;
    }
  }
  std::sort(raised_.begin(), raised_.end());
  raised_.erase(std::unique(raised_.begin(), raised_.end()), raised_.end());
  decision.raised = std::move(raised_);
  raised_.clear();
  return decision;
}

std::string Agreement::unsupported_for(Milliseconds patience, Milliseconds now) const {
  if (totals_.unsupported == 0 || now - unsupported_since_ < patience) return "";
  for (std::size_t i = 0; i < ranks_.size(); ++i)
    if (const RankReport& r = ranks_[i].report; !r.unsupported.empty())
      return fmt::format("rank {} uses {}, which a checkpoint can't hold yet", i, r.unsupported);
  return "";
}

std::string describe_place(const RankReport& r) {
  if (is(r, ThreadPlace::at_line)) return "at the checkpoint line";
  if (r.call.empty()) return "outside of MPI";
  const char* how = is(r, ThreadPlace::parked_before_collective) ? "held in front of" : "in";
  return r.call_communicator == 0 ? fmt::format("{} {}", how, r.call)
                                  : fmt::format("{} {} on communicator {:#x}", how, r.call, r.call_communicator);
}

std::string Agreement::diagnosis() const {
  constexpr int most = 5;
  std::string text;
  int named = 0, waiting = 0;
  std::uint64_t sent = 0, received = 0;
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    const Rank& r = ranks_[i];
    sent += r.report.sent;
    received += r.report.received;
    std::string why;
    if (!r.known) {
      why = "has not answered";
    } else if (step_ == Step::agreeing && r.behind > 0) {
      for (const auto& [id, count] : r.entered)
        if (count < target(id))
          why = fmt::format("has entered {} of {} collectives on communicator {:#x} and is {}", count, target(id), id, describe_place(r.report));
    } else if (step_ == Step::agreeing && is(r.report, ThreadPlace::blocking_collective)) {
      why = "is inside " + describe_place(r.report).substr(3);
    } else if (step_ == Step::agreeing && !r.report.unsupported.empty()) {
      why = "uses " + r.report.unsupported;
    } else if (step_ == Step::stopping && !r.report.at_line) {
      why = "has not reached the checkpoint line and is " + describe_place(r.report);
    }
    if (why.empty()) continue;
    ++waiting;
    if (named++ < most) text += fmt::format("{}rank {} {}", text.empty() ? "" : "; ", i, why);
  }
  if (waiting > most) text += fmt::format("; and {} more ranks", waiting - most);
  if (text.empty() && step_ == Step::stopping && sent != received)
    text = fmt::format("{} messages were sent but {} received: {} are still in flight", sent, received,
                       static_cast<std::int64_t>(sent - received));
  return text.empty() ? "no rank can be named" : text;
}

}  // namespace mana
