// SPDX-License-Identifier: Apache-2.0
// One line for each communicator, with what every child says of it; only lines that changed are merged again.
#include "coordinator/merging.hpp"

#include <algorithm>

namespace mana {
namespace {

bool is(const RankReport& report, ThreadPlace place) { return report.place == static_cast<std::uint32_t>(place); }

bool waits_for_others(const RankReport& report) {
  return is(report, ThreadPlace::waiting) || is(report, ThreadPlace::blocking_send) || is(report, ThreadPlace::blocking_collective) ||
         is(report, ThreadPlace::parked_before_collective);
}

bool stands_before(const RankReport& report, std::uint64_t communicator) {
  return std::find(report.parked_on.begin(), report.parked_on.end(), communicator) != report.parked_on.end();
}

PartHead head_of(const RankReport& report, int rank, bool behind) {
  PartHead head;
  head.sums.sent = report.sent;
  head.sums.received = report.received;
  head.sums.known = 1;
  head.sums.inside = is(report, ThreadPlace::blocking_collective);
  head.sums.unsupported = !report.unsupported.empty();
  head.sums.stopped = report.stopped;
  head.sums.at_line = report.at_line;
  head.sums.late = behind || head.sums.unsupported;
  head.sums.late_outside = head.sums.late && !waits_for_others(report);
  if (head.sums.unsupported) {
    head.unsupported_rank = rank;
    head.unsupported = report.unsupported;
  }
  return head;
}

}  // namespace

void PartSums::add(const PartSums& other, int sign) {
  const auto change = static_cast<std::uint64_t>(sign);
  sent += change * other.sent;
  received += change * other.received;
  known += sign * other.known;
  inside += sign * other.inside;
  unsupported += sign * other.unsupported;
  stopped += sign * other.stopped;
  at_line += sign * other.at_line;
  late += sign * other.late;
  late_outside += sign * other.late_outside;
}

// ---- Children

void Merger::take_rank(ChildId id, int rank, RankReport report) {
  Child& child = children_[id];
  child.rank = rank;
  child.report = std::move(report);
  if (std::exchange(child.awaited, false)) moved_ = stall_;
  refresh(id, child);
  if (child.communicators.size() > child.report.entered.size()) leave_freed(id, child);
}

/// The communicators that the rank's report no longer names.
void Merger::leave_freed(ChildId id, Child& child) {
  std::unordered_set<std::uint64_t> now;
  for (const auto& [communicator, count] : child.report.entered) now.insert(communicator);
  std::vector<std::uint64_t> freed;
  for (const std::uint64_t communicator : child.communicators)
    if (!now.contains(communicator)) freed.push_back(communicator);
  for (const std::uint64_t communicator : freed) leave(id, child, communicator);
}

void Merger::take_part(ChildId id, PartChange change) {
  Child& child = children_[id];
  for (const std::uint64_t communicator : change.gone)
    if (child.communicators.contains(communicator)) leave(id, child, communicator);
  for (const auto& [communicator, part] : change.changed) enter(id, child, communicator, part);
  replace_head(child, std::move(change.head));
}

const RankReport& Merger::latest(ChildId child) const {
  static const RankReport nothing;
  const auto found = children_.find(child);
  return found == children_.end() ? nothing : found->second.report;
}

void Merger::enter(ChildId id, Child& child, std::uint64_t communicator, const CommunicatorPart& part) {
  Line& line = lines_[communicator];
  const auto [at, fresh] = line.parts.try_emplace(id, part);
  if (fresh) {
    child.communicators.insert(communicator);
    newcomers_.emplace_back(id, communicator);
  } else if (at->second == part) {
    return;
  }
  at->second = part;
  mark_dirty(communicator, line);
}

void Merger::leave(ChildId id, Child& child, std::uint64_t communicator) {
  Line& line = lines_.at(communicator);
  line.parts.erase(id);
  child.communicators.erase(communicator);
  mark_dirty(communicator, line);
}

void Merger::mark_dirty(std::uint64_t communicator, Line& line) {
  if (!std::exchange(line.dirty, true)) dirty_.push_back(communicator);
}

bool Merger::is_behind(const Child& rank) const {
  return std::any_of(rank.report.entered.begin(), rank.report.entered.end(), [&](const auto& pair) { return pair.second < target(pair.first); });
}

bool Merger::is_held(const Child& rank) const {
  return std::any_of(rank.report.entered.begin(), rank.report.entered.end(),
                     [&](const auto& pair) { return pair.second >= target(pair.first) && stands_before(rank.report, pair.first); });
}

/// What a rank's report and the targets say of it.
void Merger::refresh(ChildId id, Child& child) {
  child.behind = is_behind(child);
  for (const auto& [communicator, count] : child.report.entered) {
    const std::uint64_t held = stands_before(child.report, communicator) ? count + 1 : 0;
    enter(id, child, communicator, {count, count, held, child.behind ? held : 0});
  }
  replace_head(child, head_of(child.report, child.rank, child.behind));
}

void Merger::replace_head(Child& child, PartHead head) {
  sums_.add(child.head.sums, -1);
  sums_.add(head.sums, 1);
  moved_ = std::max(moved_, head.moved);
  child.head = std::move(head);
}

// ---- Targets and stalls

void Merger::set_target(std::uint64_t communicator, std::uint64_t target) {
  Line& line = lines_[communicator];
  if (line.has_target && target <= line.target) return;
  line.target = target;
  line.has_target = true;
  std::vector<ChildId> now_behind;
  for (const auto& [id, part] : line.parts)
    if (part.lowest < target) now_behind.push_back(id);
  for (const ChildId id : now_behind)
    if (Child& child = children_.at(id); child.rank >= 0 && !child.behind) refresh(id, child);
}

std::uint64_t Merger::target(std::uint64_t communicator) const {
  const auto found = lines_.find(communicator);
  return found == lines_.end() ? 0 : found->second.target;
}

void Merger::mark_awaited(std::uint32_t stall) {
  stall_ = stall;
  for (auto& [id, child] : children_) child.awaited = child.rank >= 0 && !is_held(child);
}

// ---- The merged part

std::vector<std::uint64_t> Merger::merge() {
  std::vector<std::uint64_t> changed;
  for (const std::uint64_t communicator : std::exchange(dirty_, {})) {
    Line& line = lines_.at(communicator);
    line.dirty = false;
    CommunicatorPart whole{UINT64_MAX, 0, 0, 0};
    for (const auto& [id, part] : line.parts) {
      whole.lowest = std::min(whole.lowest, part.lowest);
      whole.highest = std::max(whole.highest, part.highest);
      whole.held = std::max(whole.held, part.held);
      whole.wanted = std::max(whole.wanted, part.wanted);
    }
    const bool merged = !line.parts.empty();
    if (merged == line.merged && (!merged || whole == line.whole)) continue;
    line.whole = whole;
    line.merged = merged;
    changed.push_back(communicator);
  }
  return changed;
}

const CommunicatorPart* Merger::part_of(std::uint64_t communicator) const {
  const auto found = lines_.find(communicator);
  return found == lines_.end() || !found->second.merged ? nullptr : &found->second.whole;
}

PartHead Merger::head() const {
  PartHead head;
  head.sums = sums_;
  head.moved = moved_;
  if (sums_.at_line < sums_.known) head.sums.sent = head.sums.received = 0;
  if (sums_.unsupported == 0) return head;
  for (const auto& [id, child] : children_) {
    if (child.head.unsupported_rank < 0 || (head.unsupported_rank >= 0 && head.unsupported_rank <= child.head.unsupported_rank)) continue;
    head.unsupported_rank = child.head.unsupported_rank;
    head.unsupported = child.head.unsupported;
  }
  return head;
}

bool Merger::has_news() {
  for (const std::uint64_t communicator : merge()) unsaid_.insert(communicator);
  return !unsaid_.empty() || !(head() == said_);
}

PartChange Merger::take_change() {
  has_news();
  PartChange change{head(), {}, {}};
  for (const std::uint64_t communicator : std::exchange(unsaid_, {})) {
    if (const CommunicatorPart* part = part_of(communicator))
      change.changed.emplace_back(communicator, *part);
    else
      change.gone.push_back(communicator);
  }
  said_ = change.head;
  return change;
}

std::vector<std::uint64_t> Merger::communicators() const {
  std::vector<std::uint64_t> all;
  for (const auto& [communicator, line] : lines_)
    if (line.merged) all.push_back(communicator);
  return all;
}

std::vector<ChildId> Merger::children_of(std::uint64_t communicator) const {
  std::vector<ChildId> children;
  if (const auto found = lines_.find(communicator); found != lines_.end())
    for (const auto& [id, part] : found->second.parts) children.push_back(id);
  return children;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> Merger::targets_of(ChildId id) const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> targets;
  const auto child = children_.find(id);
  if (child == children_.end()) return targets;
  for (const std::uint64_t communicator : child->second.communicators)
    if (const Line& line = lines_.at(communicator); line.has_target) targets.emplace_back(communicator, line.target);
  return targets;
}

}  // namespace mana
