// SPDX-License-Identifier: Apache-2.0
// The rules of the agreement. `raise` is the only place that changes a target and keeps every rank's `behind` right.
#include "coordinator/agreement.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mana {
namespace {

// A rank that waits in MPI for a held one never moves by itself; one that computes usually does.
constexpr Agreement::Milliseconds stalled_in_mpi_ms = 20, stalled_outside_ms = 100, stalled_in_collective_ms = 500;
constexpr std::uint64_t max_stride = 64;

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
  take(rank, std::move(report));
  last_change_ = now;
  const bool unsupported = std::any_of(ranks_.begin(), ranks_.end(), [](const Rank& r) { return !r.report.unsupported.empty(); });
  if (unsupported && !unsupported_) unsupported_since_ = now;
  unsupported_ = unsupported;
  return decide();
}

Agreement::Decision Agreement::tick(Milliseconds now) {
  if (step_ != Step::agreeing || now - last_change_ < patience_now()) return {};
  last_change_ = now;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> raises;
  for (const Rank& rank : ranks_)
    for (const std::uint64_t id : rank.report.parked_on)
      if (const auto entered = rank.entered.find(id); entered != rank.entered.end() && entered->second >= target(id))
        raises.emplace_back(id, entered->second + stride_);
  for (const auto& [id, target] : raises) raise(id, target);
  if (!raises.empty()) stride_ = std::min(stride_ * 2, max_stride);
  return decide();
}

/// Replaces what is known of a rank; communicators that it no longer names were freed.
void Agreement::take(int rank, RankReport report) {
  Rank& r = ranks_[static_cast<std::size_t>(rank)];
  if (!r.known) --unknown_;
  r.known = true;
  std::unordered_map<std::uint64_t, std::uint64_t> now(report.entered.begin(), report.entered.end());
  for (const auto& [id, count] : r.entered) {
    if (now.contains(id)) continue;
    Communicator& c = communicators_[id];
    if (count < c.target) --r.behind;
    std::erase(c.members, rank);
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> raises;
  for (const auto& [id, count] : now) {
    Communicator& c = communicators_[id];
    const auto before = r.entered.find(id);
    if (before == r.entered.end()) {
      c.members.push_back(rank);
      if (step_ != Step::collecting) raised_.push_back(id);  // it may have none of this communicator's targets yet
    } else if (before->second < c.target) {
      --r.behind;
    }
    if (count < c.target) ++r.behind;
    if (count > c.target) raises.emplace_back(id, count);
  }
  r.entered = std::move(now);
  r.report = std::move(report);
  for (const auto& [id, count] : raises) raise(id, count);
  newly_behind_.push_back(rank);
}

void Agreement::raise(std::uint64_t communicator, std::uint64_t target) {
  Communicator& c = communicators_[communicator];
  if (target <= c.target) return;
  for (const int member : c.members) {
    Rank& r = ranks_[static_cast<std::size_t>(member)];
    const std::uint64_t entered = r.entered.at(communicator);
    if (entered >= c.target && entered < target) {
      ++r.behind;
      newly_behind_.push_back(member);
    }
  }
  c.target = target;
  raised_.push_back(communicator);
}

/// A rank that is held in front of one communicator while it is behind on another could never get there: let it enter.
void Agreement::release_if_needed(int rank) {
  const Rank& r = ranks_[static_cast<std::size_t>(rank)];
  for (const std::uint64_t id : std::vector(r.report.parked_on)) {
    const auto entered = r.entered.find(id);
    if (entered == r.entered.end() || entered->second < target(id)) continue;
    if (r.behind > 0) raise(id, entered->second + 1);
  }
}

bool Agreement::may_stop() const {
  return std::all_of(ranks_.begin(), ranks_.end(), [](const Rank& r) {
    return r.behind == 0 && !is(r.report, ThreadPlace::blocking_collective) && r.report.unsupported.empty();
  });
}

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
    step_ = Step::agreeing;
    decision.targets_known = true;
  }
  if (step_ == Step::agreeing) {
    while (!newly_behind_.empty()) {
      const int rank = newly_behind_.back();
      newly_behind_.pop_back();
      release_if_needed(rank);
    }
    decision.stop = may_stop();
    if (decision.stop) step_ = Step::stopping;
  }
  newly_behind_.clear();
  if (step_ == Step::stopping) {
    std::uint64_t sent = 0, received = 0;
    bool at_line = true, stopped = true;
    for (const Rank& r : ranks_) {
      sent += r.report.sent;
      received += r.report.received;
      at_line = at_line && r.report.at_line;
      stopped = stopped && r.report.stopped;
    }
    if (stopped && !all_stopped_) decision.all_stopped = all_stopped_ = true;
    if (all_stopped_ && at_line && sent == received && !decision.stop) {
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
  if (!unsupported_ || now - unsupported_since_ < patience) return "";
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
