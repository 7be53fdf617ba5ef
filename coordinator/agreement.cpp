// SPDX-License-Identifier: Apache-2.0
// The rules of the agreement, over what the Merger has merged. `raise` is the only place that makes a target.
#include "coordinator/agreement.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mana {
namespace {

// A rank that waits in MPI for a held one never moves by itself; one that computes usually does.
constexpr Agreement::Milliseconds stalled_in_mpi_ms = 20, stalled_outside_ms = 100, stalled_in_collective_ms = 500;
// A rank may have moved while a relay was told that it is awaited: then nobody ends the stall.
constexpr Agreement::Milliseconds stall_lasts_ms = 500;

bool is(const RankReport& report, ThreadPlace place) { return report.place == static_cast<std::uint32_t>(place); }

}  // namespace

Agreement::Agreement(int ranks, Milliseconds now) : ranks_(ranks), last_change_(now), unsupported_since_(now) {}

void Agreement::take_rank(ChildId child, int rank, RankReport report, Milliseconds now) {
  const int unsupported = merger_.sums().unsupported;
  merger_.take_rank(child, rank, std::move(report));
  note_unsupported(unsupported, now);
}

void Agreement::take_part(ChildId child, PartChange change, Milliseconds now) {
  const int unsupported = merger_.sums().unsupported;
  merger_.take_part(child, std::move(change));
  note_unsupported(unsupported, now);
}

void Agreement::note_unsupported(int before, Milliseconds now) {
  last_change_ = now;
  if (before == 0 && merger_.sums().unsupported > 0) unsupported_since_ = now;
}

/// The stall rule: nobody has moved for a while, so one of the held ranks has what those behind wait for.
Agreement::Decision Agreement::tick(Milliseconds now) {
  if (stalled_ && now - stalled_since_ >= stall_lasts_ms) {
    stalled_ = false;
    last_change_ = now;
  }
  if (step_ != Step::agreeing || stalled_ || now - last_change_ < patience_now()) return {};
  last_change_ = now;
  if (!somebody_is_held()) return {};
  stalled_ = true;
  stalled_since_ = now;
  merger_.mark_awaited(++stall_);
  for (const std::uint64_t communicator : merger_.communicators()) consider(communicator);
  Decision decision = decide();
  decision.stall = stall_;
  return decision;
}

bool Agreement::somebody_is_held() const {
  const auto all = merger_.communicators();
  return std::any_of(all.begin(), all.end(), [&](std::uint64_t id) { return merger_.part_of(id)->held > target(id); });
}

void Agreement::raise(std::uint64_t communicator, std::uint64_t target) {
  merger_.set_target(communicator, target);
  raised_.push_back(communicator);
}

/// A target is the largest count, and more where a held rank is let in: one that is behind on another communicator could never get there,
/// and while somebody waits for the held ones all of them go on.
void Agreement::consider(std::uint64_t communicator) {
  const CommunicatorPart* part = merger_.part_of(communicator);
  if (part != nullptr) {
    std::uint64_t wish = std::max(part->highest, part->wanted);
    if (stalled_) wish = std::max(wish, part->held);
    if (wish > target(communicator)) raise(communicator, wish);
  }
  if (part != nullptr && part->lowest < target(communicator))
    behind_.insert(communicator);
  else
    behind_.erase(communicator);
}

/// Everybody has reported once: who is behind is known from here on.
void Agreement::first_targets() {
  step_ = Step::agreeing;
  merger_.merge();
  merger_.take_newcomers();
  const auto all = merger_.communicators();
  for (const std::uint64_t communicator : all) merger_.set_target(communicator, merger_.part_of(communicator)->highest);
  for (const std::uint64_t communicator : all) consider(communicator);
}

/// One step towards the targets that follow from the reports; false when there is none.
/// After the stop a larger count is of a rank that looks, steps back and is held: a new target would let it in, alone.
bool Agreement::settle() {
  const std::vector<std::uint64_t> changed = merger_.merge();
  if (step_ != Step::agreeing) return false;
  for (const auto& [child, communicator] : merger_.take_newcomers()) raised_.push_back(communicator);
  for (const std::uint64_t communicator : changed) consider(communicator);
  return !changed.empty();
}

bool Agreement::may_stop() const {
  const PartSums& sums = merger_.sums();
  return behind_.empty() && sums.inside == 0 && sums.unsupported == 0;
}

Agreement::Milliseconds Agreement::patience_now() const {
  const PartSums& sums = merger_.sums();
  if (sums.late == 0) return stalled_in_collective_ms;
  return sums.late_outside > 0 ? stalled_outside_ms : stalled_in_mpi_ms;
}

Agreement::Decision Agreement::decide() {
  Decision decision;
  if (merger_.sums().known < ranks_) return decision;
  if (step_ == Step::collecting) {
    first_targets();
    decision.targets_known = true;
  }
  if (stalled_ && merger_.moved() == stall_) stalled_ = false;
  while (settle()) {}
  if (step_ == Step::agreeing && may_stop()) {
    step_ = Step::stopping;
    decision.stop = true;
  } else if (step_ == Step::stopping) {
    const PartSums& sums = merger_.sums();
    if (sums.stopped == ranks_ && !all_stopped_) decision.all_stopped = all_stopped_ = true;
    if (all_stopped_ && sums.at_line == ranks_ && sums.sent == sums.received) {
      step_ = Step::drained;
      decision.drained = true;
    }
  }
  std::sort(raised_.begin(), raised_.end());
  raised_.erase(std::unique(raised_.begin(), raised_.end()), raised_.end());
  decision.raised = std::exchange(raised_, {});
  return decision;
}

std::string Agreement::unsupported_for(Milliseconds patience, Milliseconds now) const {
  const PartHead head = merger_.head();
  if (head.sums.unsupported == 0 || now - unsupported_since_ < patience) return "";
  return fmt::format("rank {} uses {}, which a checkpoint can't hold yet", head.unsupported_rank, head.unsupported);
}

std::string describe_place(const RankReport& r) {
  if (r.remakes_mpi) return "remaking MPI";
  if (is(r, ThreadPlace::at_line)) return "at the checkpoint line";
  if (r.call.empty()) return is(r, ThreadPlace::application) ? "outside of MPI" : is(r, ThreadPlace::waiting) ? "waiting in MPI" : "in MPI";
  const char* how = is(r, ThreadPlace::parked_before_collective) ? "held in front of" : "in";
  return r.call_communicator == 0 ? fmt::format("{} {}", how, r.call) : fmt::format("{} {} on communicator {:#x}", how, r.call, r.call_communicator);
}

/// "" or why the round waits for the rank.
std::string Agreement::why_waiting(const RankReport& r) const {
  if (step_ == Step::agreeing) {
    for (const auto& [id, count] : r.entered)
      if (count < target(id)) return fmt::format("has entered {} of {} collectives on communicator {:#x} and is {}", count, target(id), id, describe_place(r));
    if (is(r, ThreadPlace::blocking_collective)) return "is inside " + describe_place(r).substr(3);
    if (!r.unsupported.empty()) return "uses " + r.unsupported;
  }
  return step_ == Step::stopping && !r.at_line ? "has not reached the checkpoint line and is " + describe_place(r) : "";
}

std::string Agreement::diagnosis(const std::vector<const RankReport*>& ranks) const {
  constexpr int most = 5;
  std::string text;
  int waiting = 0;
  std::uint64_t sent = 0, received = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    const std::string why = ranks[i] == nullptr ? "has not answered" : why_waiting(*ranks[i]);
    sent += ranks[i] == nullptr ? 0 : ranks[i]->sent;
    received += ranks[i] == nullptr ? 0 : ranks[i]->received;
    if (!why.empty() && ++waiting <= most) text += fmt::format("{}rank {} {}", text.empty() ? "" : "; ", i, why);
  }
  if (waiting > most) text += fmt::format("; and {} more ranks", waiting - most);
  if (text.empty() && step_ == Step::stopping && sent != received)
    text = fmt::format("{} messages were sent but {} received: {} are still in flight", sent, received, static_cast<std::int64_t>(sent - received));
  return text.empty() ? "no rank can be named" : text;
}

}  // namespace mana
