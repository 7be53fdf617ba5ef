// SPDX-License-Identifier: Apache-2.0
// Reports merged on their way by relays must lead to the decisions to which the same reports lead when all of them come to one
// place, and both to what the rules say when they are applied to all ranks at once.
#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>

#include "coordinator/agreement.hpp"
#include "coordinator/protocol.hpp"

using namespace mana;

namespace {

std::uint32_t number_of(ThreadPlace place) { return static_cast<std::uint32_t>(place); }

/// The rules, word for word and without any memory but the targets.
class Rules {
 public:
  std::map<std::uint64_t, std::uint64_t> targets;
  std::vector<RankReport> ranks;
  bool stopped = false;

  void apply() {
    if (stopped) return;
    for (const RankReport& r : ranks)
      for (const auto& [id, count] : r.entered) targets[id] = std::max(targets[id], count);
    while (std::any_of(ranks.begin(), ranks.end(), [&](const RankReport& r) { return behind(r) && let_in(r); })) {}
    stopped = std::none_of(ranks.begin(), ranks.end(),
                           [&](const RankReport& r) { return behind(r) || r.place == number_of(ThreadPlace::blocking_collective) || !r.unsupported.empty(); });
  }

  bool behind(const RankReport& r) {
    return std::any_of(r.entered.begin(), r.entered.end(), [&](const auto& pair) { return pair.second < targets[pair.first]; });
  }

  /// Whether a target had to be raised for it.
  bool let_in(const RankReport& r) {
    bool raised = false;
    for (const auto& [id, count] : r.entered) {
      if (count < targets[id] || std::find(r.parked_on.begin(), r.parked_on.end(), id) == r.parked_on.end()) continue;
      targets[id] = count + 1;
      raised = true;
    }
    return raised;
  }
};

/// The coordinator with relays between it and the ranks; what they say and are told goes through the encoding, at once.
class Tree {
 public:
  Tree(int ranks, int fan_out) : agreement(ranks, 0), above_(static_cast<std::size_t>(ranks)) {
    int below = ranks;
    for (int first = 0; below > fan_out; first += below, below = (below + fan_out - 1) / fan_out)
      for (int i = 0; i < below; ++i) {
        const int relay = first + below + i / fan_out;
        if (i % fan_out == 0) {
          relays_.try_emplace(relay);
          above_.resize(static_cast<std::size_t>(relay) + 1, -1);
        }
        above_[static_cast<std::size_t>(first + i)] = relay;
      }
    for (int& above : above_)
      if (above == 0) above = -1;
  }

  Agreement agreement;

  Agreement::Decision report(int rank, const RankReport& report, Agreement::Milliseconds now) {
    const int above = above_[static_cast<std::size_t>(rank)];
    if (above < 0)
      agreement.take_rank(static_cast<ChildId>(rank), rank, report, now);
    else
      relays_.at(above).take_rank(static_cast<ChildId>(rank), rank, report);
    moved_.insert(above);
    return settle(agreement.decide(), now);
  }

  Agreement::Decision tick(Agreement::Milliseconds now) { return settle(agreement.tick(now), now); }

 private:
  /// Passes words down and parts up until nobody has anything to say. The sum of all decisions.
  Agreement::Decision settle(Agreement::Decision first, Agreement::Milliseconds now) {
    Agreement::Decision all = first;
    tell(first);
    while (speak(now)) {
      const auto more = agreement.decide();
      tell(more);
      all.stop |= more.stop;
      all.all_stopped |= more.all_stopped;
      all.drained |= more.drained;
    }
    return all;
  }

  void tell(const Agreement::Decision& decision) {
    if (decision.stall != 0)
      for (auto& [number, relay] : relays_) relay.mark_awaited(decision.stall);
    for (auto at = relays_.rbegin(); at != relays_.rend(); ++at) {  // those above have the higher numbers
      const int above = above_[static_cast<std::size_t>(at->first)];
      const Merger& from = above < 0 ? agreement.merger() : relays_.at(above);
      if (decision.targets_known || !decision.raised.empty())
        for (const auto& [id, target] : decode_targets(through_the_wire(encode_targets(1, from.targets_of(static_cast<ChildId>(at->first))))))
          at->second.set_target(id, target);
    }
  }

  bool speak(Agreement::Milliseconds now) {
    bool spoken = false;
    for (auto& [number, relay] : relays_) {
      if (!relay.has_news() && moved_.erase(number) == 0) continue;
      moved_.erase(number);
      for (const auto& [child, id] : relay.take_newcomers())
        if (const auto below = relays_.find(static_cast<int>(child)); below != relays_.end() && relay.target(id) != 0)
          below->second.set_target(id, relay.target(id));
      auto change = decode_part(through_the_wire(encode_part(relay.take_change())));
      REQUIRE(change);
      const int above = above_[static_cast<std::size_t>(number)];
      if (above < 0)
        agreement.take_part(static_cast<ChildId>(number), *change, now);
      else
        relays_.at(above).take_part(static_cast<ChildId>(number), *change);
      moved_.insert(above);
      spoken = true;
    }
    return spoken;
  }

  static Message through_the_wire(const Message& message) {
    FrameReader reader;
    reader.set_limit(max_frame);
    const std::string frame = frame_of(message);
    reader.append(frame.data(), frame.size());
    auto read = reader.next();
    REQUIRE(read);
    return **read;
  }

  std::map<int, Merger> relays_;
  std::vector<int> above_;  ///< of each rank and relay; -1: the coordinator
  std::set<int> moved_;
};

/// Any reports, also ones that no program would make: counts that fall, communicators that come and go.
class Ranks {
 public:
  Ranks(int count, unsigned seed) : random_(seed), ranks_(static_cast<std::size_t>(count)) {
    for (int r = 0; r < count; ++r)
      ranks_[static_cast<std::size_t>(r)].entered = {{1, 0}, {10 + static_cast<std::uint64_t>(r / 3), 0}, {20 + static_cast<std::uint64_t>(r % 3), 0}};
  }

  bool unsupported = true;  ///< somebody may use something unsupported, which puts the stop off

  const RankReport& operator[](int rank) const { return ranks_[static_cast<std::size_t>(rank)]; }

  void change(int rank) {
    RankReport& r = ranks_[static_cast<std::size_t>(rank)];
    auto& one = r.entered[below(static_cast<unsigned>(r.entered.size()))];
    switch (below(8)) {
      case 0: one.second += below(2); break;
      case 1: one.second -= one.second > 0; break;
      case 2:
        r.parked_on = {one.first};
        r.place = number_of(ThreadPlace::parked_before_collective);
        break;
      case 3: r.unsupported = unsupported && below(3) == 0 ? "something" : ""; break;
      case 4:
        if (r.entered.size() > 3)
          r.entered.pop_back();
        else
          r.entered.emplace_back(30 + below(4), below(3));
        break;
      default: r.parked_on.clear(); r.place = below(5) == 0 ? number_of(ThreadPlace::blocking_collective) : below(2) ? number_of(ThreadPlace::waiting) : 0;
    }
  }

  /// No longer behind, and not held.
  void catch_up(int rank, const Agreement& agreement) {
    RankReport& r = ranks_[static_cast<std::size_t>(rank)];
    for (auto& [id, count] : r.entered) count = std::max(count, agreement.target(id));
    r.parked_on.clear();
    r.unsupported.clear();
    r.place = 0;
  }

  void stop(int rank) {
    RankReport& r = ranks_[static_cast<std::size_t>(rank)];
    r.stopped = true;
    r.at_line = below(3) > 0 || r.at_line;
    r.sent = static_cast<std::uint64_t>(rank) * 5;
    r.received = r.at_line ? r.sent : 0;
  }

  unsigned below(unsigned limit) { return static_cast<unsigned>(random_()) % limit; }

 private:
  std::mt19937 random_;
  std::vector<RankReport> ranks_;
};

/// 0, or a communicator whose targets differ.
std::uint64_t difference(const Agreement& a, const Agreement& b) {
  for (std::uint64_t id = 1; id < 40; ++id)
    if (a.target(id) != b.target(id)) return id;
  return 0;
}

/// What has happened in a job: to know that the comparison sees all of it.
struct Seen {
  int raised = 0, stalls = 0, stopped = 0, drained = 0;
};

Seen compare_one_job(int count, int fan_out, unsigned seed) {
  INFO("ranks " << count << " fan-out " << fan_out << " seed " << seed);
  Ranks ranks(count, seed);
  Tree flat(count, count), tree(count, fan_out);
  Rules rules;
  rules.ranks.resize(static_cast<std::size_t>(count));
  Agreement::Milliseconds now = 0;
  const auto report = [&](int rank) {
    rules.ranks[static_cast<std::size_t>(rank)] = ranks[rank];
    const auto expected = flat.report(rank, ranks[rank], now), found = tree.report(rank, ranks[rank], now);
    REQUIRE(flat.agreement.step() == tree.agreement.step());
    REQUIRE(expected.stop == found.stop);
    REQUIRE(expected.all_stopped == found.all_stopped);
    REQUIRE(expected.drained == found.drained);
  };
  for (int i = 0; i < 10 * count; ++i) ranks.change(i % count);
  for (int r = 0; r < count; ++r) report(r);
  rules.apply();
  Seen seen;
  for (int i = 0; i < 1500 && flat.agreement.step() == Agreement::Step::agreeing; ++i, now += ranks.below(4)) {
    const int rank = static_cast<int>(ranks.below(static_cast<unsigned>(count)));
    ranks.unsupported = i < 600;
    if (seed % 2 == 0 && ranks.below(20) == 0) {
      now += ranks.below(600);
      const auto expected = flat.tick(now), found = tree.tick(now);
      REQUIRE(expected.stall == found.stall);
      seen.stalls += expected.stall != 0;
    } else {
      if (i > 800 || ranks.below(4) == 0) ranks.catch_up(rank, flat.agreement);
      if (i < 800) ranks.change(rank);
      report(rank);
    }
    REQUIRE(difference(flat.agreement, tree.agreement) == 0);
    if (seen.stalls != 0) continue;  // the rules below know nothing of time
    const auto before = rules.targets;
    rules.apply();
    seen.raised += rules.targets != before;
    REQUIRE(std::all_of(rules.targets.begin(), rules.targets.end(), [&](const auto& pair) { return flat.agreement.target(pair.first) == pair.second; }));
    REQUIRE(rules.stopped == (flat.agreement.step() == Agreement::Step::stopping));
  }
  for (int i = 0; i < 5000 && flat.agreement.step() == Agreement::Step::stopping; ++i) {
    const int rank = static_cast<int>(ranks.below(static_cast<unsigned>(count)));
    ranks.stop(rank);
    report(rank);
  }
  seen.stopped = flat.agreement.step() != Agreement::Step::agreeing;
  seen.drained = flat.agreement.step() == Agreement::Step::drained;
  return seen;
}

}  // namespace

TEST_CASE("any tree of relays decides what the coordinator alone decides, and that is what the rules say") {
  Seen all;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    const Seen seen = compare_one_job(3 + static_cast<int>(seed % 20), 2 + static_cast<int>(seed % 4), seed);
    all.raised += seen.raised;
    all.stalls += seen.stalls;
    all.stopped += seen.stopped;
    all.drained += seen.drained;
  }
  INFO("targets raised " << all.raised << ", stalls " << all.stalls << ", stopped " << all.stopped << ", drained " << all.drained);
  CHECK(all.raised > 1000);
  CHECK(all.stalls > 100);
  CHECK(all.stopped > 50);
  CHECK(all.drained == all.stopped);
}

TEST_CASE("runs of ranks survive their encoding, and malformed ones are refused") {
  const auto wire = [](const Message& ranks) { return Message::from_cbor(Message::to_cbor({{"t", "parked"}, {"ranks", ranks}})); };
  std::vector<int> ranks;
  CHECK(encode_ranks({7, 1, 2, 3}) == Message({1, 3, 7, 1}));
  CHECK(decode_ranks(wire(encode_ranks({7, 1, 2, 3})), 8, ranks));
  CHECK(ranks == std::vector<int>{1, 2, 3, 7});
  for (const Message& bad : {Message({1}), Message({7, 2}), Message({8, 1}), Message({0, -1}), Message("x"), Message({0, 5, 0, 5}), Message({3, UINT64_MAX})}) {
    ranks.clear();
    CHECK_FALSE(decode_ranks(wire(bad), 8, ranks));
  }
}

TEST_CASE("a malformed part is refused") {
  const auto refused = [](Message part) { return !decode_part(Message::from_cbor(Message::to_cbor(part))); };
  CHECK(refused({{"t", "part"}, {"known", -1}}));
  CHECK(refused({{"t", "part"}, {"known", 1}, {"changed", {1, 2, 3}}}));
  CHECK(refused({{"t", "part"}, {"known", 1}, {"gone", {"x"}}}));
  CHECK_FALSE(refused({{"t", "part"}, {"known", 1}, {"changed", {1, 2, 3, 4, 5}}}));
}
