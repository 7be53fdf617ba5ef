// SPDX-License-Identifier: Apache-2.0
// The agreement against simulated programs: ranks with scripts of collectives, sends and receives, run in random order,
// their reports delivered late. The cut must be reached and must cut no collective.
#include <catch2/catch.hpp>

#include <deque>
#include <map>
#include <random>

#include "coordinator/agreement.hpp"

using namespace mana;

namespace {

/// One rank speaks, and the coordinator decides.
Agreement::Decision say(Agreement& agreement, int rank, RankReport report, Agreement::Milliseconds now) {
  agreement.take_rank(static_cast<ChildId>(rank), rank, std::move(report), now);
  return agreement.decide();
}

std::string diagnosis(const Agreement& agreement, int ranks) {
  std::vector<const RankReport*> reports;
  for (int r = 0; r < ranks; ++r) reports.push_back(&agreement.merger().latest(static_cast<ChildId>(r)));
  return agreement.diagnosis(reports);
}

struct Step {
  enum Kind { collective, send, receive } kind;
  std::uint64_t where;  // communicator, or the other rank
};

/// A program, stepped one operation of one random rank at a time.
class Program {
 public:
  Program(int ranks, int rounds, unsigned seed) : random_(seed), ranks_(static_cast<std::size_t>(ranks)) {
    for (int r = 0; r < ranks; ++r) {
      join(1, r);
      join(2 + static_cast<std::uint64_t>(r % 2), r);   // odd and even ranks
      join(10 + static_cast<std::uint64_t>(r / 2), r);  // neighbours
    }
    for (int i = 0; i < rounds; ++i) add_round();
  }

  bool step() {
    const int r = pick(static_cast<int>(ranks_.size()));
    return step(r);
  }

  bool finished() const {
    return std::all_of(ranks_.begin(), ranks_.end(), [](const Rank& r) { return r.at == r.script.size() && !r.inside; });
  }

  RankReport report(int rank) {
    const Rank& r = ranks_[static_cast<std::size_t>(rank)];
    RankReport report;
    for (const auto& [id, count] : r.entered) report.entered.emplace_back(id, count);
    report.place = static_cast<std::uint32_t>(place(rank));
    if (place(rank) == ThreadPlace::parked_before_collective) report.parked_on = {r.script[r.at].where};
    report.sent = r.sent;
    report.received = r.received + (r.stopped ? backlog(rank) : 0);  // the drain receives all
    report.stopped = report.at_line = r.stopped;
    return report;
  }

  void begin() { pending_ = true; }
  void set_target(int rank, std::uint64_t id, std::uint64_t target) { ranks_[static_cast<std::size_t>(rank)].target[id] = target; }
  void stop(int rank) { ranks_[static_cast<std::size_t>(rank)].stopped = true; }

  bool collective_is_cut() const {
    for (const Rank& r : ranks_)
      if (r.inside) return true;
    for (const auto& [id, members] : members_)
      for (const int m : members)
        if (ranks_[static_cast<std::size_t>(m)].entered.at(id) != ranks_[static_cast<std::size_t>(members[0])].entered.at(id)) return true;
    return false;
  }

 private:
  struct Rank {
    std::vector<Step> script;
    std::size_t at = 0;
    bool inside = false, stopped = false;
    std::map<std::uint64_t, std::uint64_t> entered, target;
    std::map<int, int> inbox;
    std::uint64_t sent = 0, received = 0;
  };

  void join(std::uint64_t id, int rank) {
    members_[id].push_back(rank);
    ranks_[static_cast<std::size_t>(rank)].entered[id] = 0;
  }

  int pick(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }

  /// One thing that the program does: a collective, or a message.
  void add_round() {
    if (pick(3) > 0) {
      auto it = members_.begin();
      std::advance(it, pick(static_cast<int>(members_.size())));
      for (const int m : it->second) ranks_[static_cast<std::size_t>(m)].script.push_back({Step::collective, it->first});
    } else {
      const int from = pick(static_cast<int>(ranks_.size())), to = pick(static_cast<int>(ranks_.size()));
      ranks_[static_cast<std::size_t>(from)].script.push_back({Step::send, static_cast<std::uint64_t>(to)});
      ranks_[static_cast<std::size_t>(to)].script.push_back({Step::receive, static_cast<std::uint64_t>(from)});
    }
  }

  bool held(const Rank& r, std::uint64_t id) const {
    if (!pending_) return false;
    const auto target = r.target.find(id);
    return target == r.target.end() || r.entered.at(id) >= target->second;
  }

  ThreadPlace place(int rank) const {
    const Rank& r = ranks_[static_cast<std::size_t>(rank)];
    if (r.stopped) return ThreadPlace::at_line;
    if (r.inside) return ThreadPlace::blocking_collective;
    if (r.at == r.script.size()) return ThreadPlace::application;
    const Step& s = r.script[r.at];
    if (s.kind == Step::collective && held(r, s.where)) return ThreadPlace::parked_before_collective;
    if (s.kind == Step::receive) return ThreadPlace::waiting;
    return ThreadPlace::application;
  }

  std::uint64_t backlog(int rank) const {
    std::uint64_t sum = 0;
    for (const auto& [from, count] : ranks_[static_cast<std::size_t>(rank)].inbox) sum += static_cast<std::uint64_t>(count);
    return sum;
  }

  bool step(int rank) {
    Rank& r = ranks_[static_cast<std::size_t>(rank)];
    if (r.stopped || r.at == r.script.size()) return false;
    const Step& s = r.script[r.at];
    if (s.kind == Step::send) {
      ++ranks_[s.where].inbox[rank];
      ++r.sent;
    } else if (s.kind == Step::receive) {
      int& waiting = r.inbox[static_cast<int>(s.where)];
      if (waiting == 0) return false;
      --waiting;
      ++r.received;
    } else if (!r.inside) {
      if (held(r, s.where)) return false;
      ++r.entered[s.where];
      r.inside = true;
      return true;
    } else {
      for (const int m : members_[s.where])
        if (ranks_[static_cast<std::size_t>(m)].entered.at(s.where) < r.entered.at(s.where)) return false;
      r.inside = false;
    }
    ++r.at;
    return true;
  }

  std::mt19937 random_;
  std::vector<Rank> ranks_;
  std::map<std::uint64_t, std::vector<int>> members_;
  bool pending_ = false;
};

/// Runs a program with a checkpoint request in the middle, every report and word delayed at random.
void run_with_checkpoint(int ranks, unsigned seed) {
  INFO("ranks " << ranks << " seed " << seed);
  std::mt19937 random(seed * 7919 + 1);
  Program program(ranks, ranks * 20, seed);
  for (unsigned i = random() % static_cast<unsigned>(ranks * 20); i > 0; --i) program.step();

  program.begin();
  Agreement::Milliseconds now = 0;
  Agreement agreement(ranks, now);
  struct Word {
    enum { target, stop } kind;
    std::uint64_t id, value;
  };
  std::vector<std::deque<Word>> words(static_cast<std::size_t>(ranks));
  std::vector<std::deque<RankReport>> reports(static_cast<std::size_t>(ranks));
  std::vector<RankReport> last(static_cast<std::size_t>(ranks));
  bool stopped = false;
  const auto follow = [&](const Agreement::Decision& d) {
    for (int r = 0; r < ranks; ++r) {
      for (const auto& [id, count] : agreement.merger().latest(static_cast<ChildId>(r)).entered)
        if (d.targets_known || std::find(d.raised.begin(), d.raised.end(), id) != d.raised.end())
          words[static_cast<std::size_t>(r)].push_back({Word::target, id, agreement.target(id)});
      if (d.stop) words[static_cast<std::size_t>(r)].push_back({Word::stop, 0, 0});
    }
    if (d.stop) {
      stopped = true;
      REQUIRE_FALSE(program.collective_is_cut());
    }
  };
  for (int i = 0; i < 2'000'000 && agreement.step() != Agreement::Step::drained; ++i) {
    program.step();
    const auto r = static_cast<std::size_t>(random() % static_cast<unsigned>(ranks));
    switch (random() % 4) {
      case 0:
        if (auto report = program.report(static_cast<int>(r)); !(report == last[r]) || i < ranks * 50) {
          last[r] = report;
          reports[r].push_back(std::move(report));
        }
        break;
      case 1:
        if (!reports[r].empty()) {
          follow(say(agreement, static_cast<int>(r), reports[r].front(), now));
          reports[r].pop_front();
        }
        break;
      case 2:
        if (!words[r].empty()) {
          const Word word = words[r].front();
          words[r].pop_front();
          if (word.kind == Word::stop)
            program.stop(static_cast<int>(r));
          else
            program.set_target(static_cast<int>(r), word.id, word.value);
        }
        break;
      default:
        if (i % 50 == 0) ++now;
        follow(agreement.tick(now));
    }
  }
  INFO(diagnosis(agreement, ranks));
  REQUIRE(stopped);
  REQUIRE(agreement.step() == Agreement::Step::drained);
  REQUIRE_FALSE(program.collective_is_cut());
}

}  // namespace

TEST_CASE("every random program reaches a cut that cuts no collective") {
  for (unsigned seed = 1; seed <= 150; ++seed) run_with_checkpoint(2 + static_cast<int>(seed % 7), seed);
  for (unsigned seed = 1; seed <= 5; ++seed) run_with_checkpoint(40, seed);
}

TEST_CASE("a rank alone is cut at once") {
  Agreement agreement(1, 0);
  RankReport report;
  const auto decision = say(agreement, 0, report, 1);
  CHECK(decision.targets_known);
  CHECK(decision.stop);
  report.stopped = report.at_line = true;
  CHECK(say(agreement, 0, report, 2).drained);
}

TEST_CASE("a rank behind keeps the others waiting, and is named") {
  Agreement agreement(2, 0);
  RankReport ahead, behind;
  ahead.entered = {{5, 3}};
  behind.entered = {{5, 2}};
  behind.call = "MPI_Recv";
  behind.call_communicator = 5;
  behind.place = static_cast<std::uint32_t>(ThreadPlace::waiting);
  say(agreement, 0, ahead, 1);
  const auto decision = say(agreement, 1, behind, 2);
  CHECK_FALSE(decision.stop);
  CHECK(agreement.target(5) == 3);
  CHECK_THAT(diagnosis(agreement, 2), Catch::Contains("rank 1 has entered 2 of 3 collectives on communicator 0x5 and is in MPI_Recv"));
  behind.entered = {{5, 3}};
  behind.place = 0;
  CHECK(say(agreement, 1, behind, 3).stop);
}

TEST_CASE("a rank held on one communicator while behind on another is let in at once") {
  Agreement agreement(2, 0);
  RankReport zero, one;
  zero.entered = {{5, 1}, {6, 0}};
  one.entered = {{5, 0}, {6, 0}};
  one.place = static_cast<std::uint32_t>(ThreadPlace::parked_before_collective);
  one.parked_on = {6};
  say(agreement, 0, zero, 1);
  const auto decision = say(agreement, 1, one, 2);
  CHECK(agreement.target(6) == 1);
  CHECK(decision.targets_known);
  CHECK(decision.raised == std::vector<std::uint64_t>{6});
}

TEST_CASE("when nobody moves, held ranks are let in") {
  Agreement agreement(2, 0);
  RankReport held, waits;
  held.entered = {{5, 1}, {7, 0}};
  held.parked_on = {7};
  held.place = static_cast<std::uint32_t>(ThreadPlace::parked_before_collective);
  waits.entered = {{5, 0}};
  waits.place = static_cast<std::uint32_t>(ThreadPlace::waiting);
  say(agreement, 0, held, 1);
  say(agreement, 1, waits, 2);
  CHECK(agreement.tick(10).raised.empty());
  CHECK(agreement.tick(30).raised == std::vector<std::uint64_t>{7});
  CHECK(agreement.target(7) == 1);
}

TEST_CASE("a held rank is let in by one collective, and again at once as long as those who wait have not moved") {
  Agreement agreement(2, 0);
  RankReport held, waits;
  held.entered = {{5, 1}, {7, 0}};
  held.parked_on = {7};
  held.place = static_cast<std::uint32_t>(ThreadPlace::parked_before_collective);
  waits.entered = {{5, 0}};
  waits.place = static_cast<std::uint32_t>(ThreadPlace::waiting);
  say(agreement, 0, held, 1);
  say(agreement, 1, waits, 2);
  agreement.tick(30);
  CHECK(agreement.target(7) == 1);
  held.entered = {{5, 1}, {7, 1}};
  CHECK(say(agreement, 0, held, 31).raised == std::vector<std::uint64_t>{7});
  CHECK(agreement.target(7) == 2);
  waits.place = 0;
  say(agreement, 1, waits, 32);
  held.entered = {{5, 1}, {7, 2}};
  CHECK(say(agreement, 0, held, 33).raised.empty());
  CHECK(agreement.target(7) == 2);
}

TEST_CASE("after the stop nobody is let in by a count that is taken back") {
  Agreement agreement(2, 0);
  RankReport a, b;
  a.entered = b.entered = {{5, 1}};
  say(agreement, 0, a, 1);
  CHECK(say(agreement, 1, b, 1).stop);
  a.entered = {{5, 2}};
  a.place = static_cast<std::uint32_t>(ThreadPlace::blocking_collective);
  CHECK(say(agreement, 0, a, 2).raised.empty());
  CHECK(agreement.target(5) == 1);
  a.entered = {{5, 1}};
  a.place = 0;
  a.stopped = b.stopped = a.at_line = b.at_line = true;
  say(agreement, 0, a, 3);
  CHECK(say(agreement, 1, b, 3).drained);
}

TEST_CASE("messages in flight keep the drain going") {
  Agreement agreement(2, 0);
  RankReport a, b;
  say(agreement, 0, a, 1);
  CHECK(say(agreement, 1, b, 1).stop);
  a.stopped = b.stopped = a.at_line = b.at_line = true;
  a.sent = 2;
  b.received = 1;
  say(agreement, 0, a, 2);
  CHECK_FALSE(say(agreement, 1, b, 2).drained);
  CHECK_THAT(diagnosis(agreement, 2), Catch::Contains("2 messages were sent but 1 received"));
  b.received = 2;
  CHECK(say(agreement, 1, b, 3).drained);
}

TEST_CASE("a freed communicator no longer holds anybody") {
  Agreement agreement(2, 0);
  RankReport a, b;
  a.entered = {{1, 4}, {9, 2}};
  b.entered = {{1, 4}, {9, 1}};
  say(agreement, 0, a, 1);
  CHECK_FALSE(say(agreement, 1, b, 1).stop);
  b.entered = {{1, 4}};
  CHECK(say(agreement, 1, b, 2).stop);
}

TEST_CASE("something unsupported holds the cut and is named after a while") {
  Agreement agreement(1, 0);
  RankReport report;
  report.unsupported = "MPI_Win_create";
  CHECK_FALSE(say(agreement, 0, report, 1).stop);
  CHECK(agreement.unsupported_for(1000, 500).empty());
  CHECK_THAT(agreement.unsupported_for(1000, 1500), Catch::Contains("rank 0 uses MPI_Win_create"));
}
