// SPDX-License-Identifier: Apache-2.0
// The coordinator's thread. A round is one straight line: begin_round → (reports) → stop → drained → all_parked →
// all_written → commit → resume; fail_round leads from anywhere to resume.
#include "coordinator/coordinator.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <unordered_map>
#include <utility>

#include "common/check.hpp"
#include "common/fault_point.hpp"
#include "common/quiet_thread.hpp"
#include "common/version.hpp"
#include "coordinator/client.hpp"
#include "coordinator/round.hpp"

namespace mana {
namespace {

constexpr std::int64_t resume_within_ms = 120'000, unsupported_patience_ms = 5'000, same_request_ms = 500, look_within_ms = 1'000, end_within_ms = 3'000,
                       join_within_ms = 30'000;

std::uint32_t first_request() {
  std::uint32_t number = 0;
  for (const char digit : random_token().substr(0, 7)) number = number * 16 + static_cast<std::uint32_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  return number + 1;
}

/// "rank 1", "ranks 4 to 7", "rank 4 and 3 more".
std::string names_of(const std::vector<int>& ranks) {
  const auto count = static_cast<int>(ranks.size());
  if (count == 1) return fmt::format("rank {}", ranks[0]);
  if (ranks.back() - ranks.front() == count - 1) return fmt::format("ranks {} to {}", ranks.front(), ranks.back());
  return fmt::format("rank {} and {} more", ranks.front(), count - 1);
}

std::int64_t ms(double seconds) { return static_cast<std::int64_t>(seconds * 1000); }

}  // namespace

class Coordinator::Loop final : public PeerHandler {
 public:
  Loop(CoordinatorOptions options, Listener listener);
  void start();
  void finish(int timeout_ms);
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  // What comes from outside.
  Message on_hello(PeerId peer, const Message& hello) override;
  void on_message(PeerId peer, const Message& message) override;
  void on_closed(PeerId peer) override;
  void on_agent_message(int rank, const std::string& kind, const Message& message);
  void on_relay_message(PeerId relay, const std::string& kind, const Message& message);
  void on_ranks(PeerId relay, const std::string& kind, const std::vector<int>& ranks);
  void on_joined(PeerId relay, const Message& message);
  void join(int rank, PeerId peer, const Message& facts);
  void go(int rank, RankState::Presence presence);
  void written(int rank, const Message& facts);
  void looked(int rank, const Message& message);

  // Requests.
  void request(Waiter waiter);
  void request_by_signal();
  void begin_if_due();
  std::string why_not_now() const;

  // The round, in order.
  void begin_round();
  void take_report(int rank, const Message& message);
  void take_part(PeerId relay, const Message& message);
  void decide();
  void follow(const Agreement::Decision& decision);
  void all_parked();
  void all_written();
  void release_ranks();
  void end_job();
  void round_over();
  void fail_round(const std::string& why);
  void fail_late_round();
  void watch_deadlines();

  void tell_targets(const Agreement::Decision& decision);
  void tell_all(const Message& message);
  void tell_relays(const Message& message);
  void answer_waiters(const Message& message);
  void mark_resumed(RankState& rank);
  std::string names_without(bool RankState::*flag) const;
  std::string diagnosis() const;
  Message status() const;
  void look();
  bool all_looked() const;
  void answer_looks();
  void run();
  int sleep_ms() const;
  std::int64_t next_interval_ms() const;

  CoordinatorOptions options_;
  Endpoint endpoint_;
  GenerationStore store_;
  Server server_;
  std::thread thread_;
  std::atomic<std::int64_t> finish_by_{0};  ///< 0: not asked for

  std::vector<RankState> ranks_;
  std::unordered_map<PeerId, int> rank_of_;         ///< by connection, of the ranks that have one of their own
  std::unordered_map<PeerId, std::string> relays_;  ///< the hosts they speak for
  std::optional<Round> round_;
  std::vector<Waiter> waiting_;                   ///< for the next round
  bool wanted_ = false;                           ///< a signal or the interval asks for the next round
  std::uint32_t last_request_ = first_request();  ///< no earlier coordinator's: ranks and images remember those
  bool begun_ = false;                            ///< a round, ever
  std::int64_t last_begun_ms_, started_ms_, wanted_since_ms_ = 0;
  Message last_generation_;
  std::string last_failure_;
  std::vector<PeerId> looking_;
  std::int64_t look_until_ms_ = 0;
  int not_resumed_ = 0;  ///< ranks that have not said so since the round began
  std::vector<bool> looked_;
  bool news_ = false;  ///< reports have come since the last decision
  bool ending_ = false;
};

Coordinator::Loop::Loop(CoordinatorOptions options, Listener listener)
    : options_(std::move(options)),
      endpoint_{listener.addresses, listener.port, options_.token.empty() ? random_token() : options_.token,
                options_.job,       host_name(),   options_.relays.empty() ? "mana-" + random_token() : options_.relays,
                options_.lower_mpi, options_.ranks},
      store_(options_.directory),
      server_({listener}, endpoint_.token, static_cast<std::size_t>(options_.ranks) + 128, *this, options_.note_descriptor),
      ranks_(static_cast<std::size_t>(options_.ranks)),
      last_begun_ms_(steady_ms()),
      started_ms_(steady_ms()) {}

void Coordinator::Loop::start() {
  thread_ = quiet_thread([this] { run(); });
}

void Coordinator::Loop::finish(int timeout_ms) {
  if (!thread_.joinable()) return;
  finish_by_ = steady_ms() + timeout_ms;
  server_.wake();
  thread_.join();
  const auto text = read_text_file(job_file(options_.directory), 1 << 16);
  if (text && text->find(endpoint_.token) != std::string::npos) {
    unlink(job_file(options_.directory).c_str());
    forget_job(endpoint_.job);
  }
}

void Coordinator::Loop::run() {
  while (true) {
    server_.run_once(sleep_ms());
    decide();
    watch_deadlines();
    begin_if_due();
    answer_looks();
    const std::int64_t finish_by = finish_by_;
    // A rank that has not come yet (rank 0 may be done before it connects) would find nobody to answer it.
    const bool somebody =
        std::any_of(ranks_.begin(), ranks_.end(), [](const RankState& r) { return r.presence == RankState::present || r.presence == RankState::expected; });
    if (finish_by != 0 && (!somebody || steady_ms() >= finish_by)) break;
  }
  if (round_ && !ending_) fail_round("the job is ending");
  for (const Waiter& waiter : waiting_) server_.send(waiter.peer, {{"t", "refused"}, {"why", "the job is ending"}});
}

int Coordinator::Loop::sleep_ms() const {
  if (round_ && round_->phase <= Phase::draining) return 5;
  if (round_ || finish_by_ != 0 || !looking_.empty() || wanted_ || !waiting_.empty()) return 20;
  const std::int64_t next = next_interval_ms();
  return next == 0 ? 1000 : static_cast<int>(std::clamp<std::int64_t>(next - steady_ms(), 1, 1000));
}

// ---- Peers

Message Coordinator::Loop::on_hello(PeerId peer, const Message& hello) {
  const Message welcome = {{"t", "welcome"}};
  const std::string role = text_field(hello, "role");
  if (role == "command") return welcome;
  if (role == "relay") {
    relays_[peer] = text_field(hello, "host");
    return welcome;
  }
  const std::int64_t rank = int_field(hello, "rank");
  if (role != "rank" || rank < 0 || rank >= options_.ranks || int_field(hello, "size") != options_.ranks)
    return {{"t", "refused"}, {"why", fmt::format("rank {} of {} does not belong to this job of {} ranks", rank, int_field(hello, "size"), options_.ranks)}};
  if (ranks_[static_cast<std::size_t>(rank)].presence == RankState::present)
    return {{"t", "refused"}, {"why", fmt::format("rank {} is connected already", rank)}};
  join(static_cast<int>(rank), peer, hello);
  rank_of_[peer] = static_cast<int>(rank);
  return welcome;
}

void Coordinator::Loop::join(int rank, PeerId peer, const Message& facts) {
  RankState& r = ranks_[static_cast<std::size_t>(rank)];
  mark_resumed(r);
  r = RankState{};
  r.presence = RankState::present;
  r.peer = peer;
  r.host = text_field(facts, "host");
  r.pid = int_field(facts, "pid");
}

void Coordinator::Loop::go(int rank, RankState::Presence presence) {
  RankState& r = ranks_[static_cast<std::size_t>(rank)];
  r.presence = presence;
  if (presence == RankState::lost) mark_resumed(r);
}

void Coordinator::Loop::on_message(PeerId peer, const Message& message) {
  const std::string kind = text_field(message, "t");
  const bool in_round = round_ && round_->phase != Phase::resuming && unsigned_field(message, "n") == round_->request;
  if (speaks_of_round(kind) && !in_round) return;  // of a round that was given up
  if (const auto rank = rank_of_.find(peer); rank != rank_of_.end()) return on_agent_message(rank->second, kind, message);
  if (relays_.contains(peer)) return on_relay_message(peer, kind, message);
  if (kind == "checkpoint") {
    request({peer, bool_field(message, "kill")});
  } else if (kind == "status") {
    looking_.push_back(peer);
    look();
  } else {
    server_.send(peer, {{"t", "refused"}, {"why", "unknown command"}});
  }
}

void Coordinator::Loop::on_agent_message(int rank, const std::string& kind, const Message& message) {
  RankState& r = ranks_[static_cast<std::size_t>(rank)];
  if (kind == "request") {
    request_by_signal();
  } else if (kind == "looked") {
    looked(rank, message);
  } else if (kind == "leave") {
    go(rank, RankState::left);
    if (round_ && !ending_) fail_round(fmt::format("rank {} has left (it ends, or called MPI_Finalize)", rank));
  } else if (kind == "resumed") {
    if (unsigned_field(message, "n") == last_request_) on_ranks(r.peer, kind, {rank});
  } else if (kind == "report") {
    take_report(rank, message);
  } else if (kind == "not_parked") {
    r.not_parked = text_field(message, "why");
  } else if (kind == "parked") {
    on_ranks(r.peer, kind, {rank});
  } else if (kind == "written" && round_->phase == Phase::writing) {
    written(rank, message);
  } else if (kind == "failed") {
    fail_round(fmt::format("rank {} on {}: {}", rank, r.host, text_field(message, "why", "unknown failure")));
  }
}

/// What an agent would say, said of many ranks at once.
void Coordinator::Loop::on_relay_message(PeerId relay, const std::string& kind, const Message& message) {
  if (kind == "joined") return on_joined(relay, message);
  if (kind == "part") return take_part(relay, message);
  if (kind == "request") return request_by_signal();
  const auto of_this_relay = [&](std::int64_t rank) { return rank >= 0 && rank < options_.ranks && ranks_[static_cast<std::size_t>(rank)].peer == relay; };
  if (kind == "written" || kind == "looked") {
    const auto list = message.find("ranks");
    if (list == message.end() || !list->is_array()) return;
    for (const Message& one : *list)
      if (one.is_object() && of_this_relay(int_field(one, "rank"))) on_agent_message(static_cast<int>(int_field(one, "rank")), kind, one);
  } else if (kind == "failed" || kind == "not_parked") {
    if (of_this_relay(int_field(message, "rank"))) on_agent_message(static_cast<int>(int_field(message, "rank")), kind, message);
  } else if (kind != "resumed" || unsigned_field(message, "n") == last_request_) {
    std::vector<int> ranks;
    if (!decode_ranks(message, options_.ranks, ranks)) return log_line("coordinator: the relay on %s sent malformed ranks", relays_[relay].c_str());
    std::erase_if(ranks, [&](int rank) { return !of_this_relay(rank); });
    if (!ranks.empty()) on_ranks(relay, kind, ranks);
  }
}

/// A rank that came back another way belongs to where it is now.
void Coordinator::Loop::on_joined(PeerId relay, const Message& message) {
  const auto list = message.find("ranks");
  if (list == message.end() || !list->is_array()) return;
  for (const Message& one : *list) {
    const std::int64_t rank = one.is_object() ? int_field(one, "rank") : -1;
    if (rank < 0 || rank >= options_.ranks) continue;
    const PeerId before = ranks_[static_cast<std::size_t>(rank)].peer;
    if (rank_of_.erase(before) != 0) server_.close_peer(before);
    join(static_cast<int>(rank), relay, one);
  }
}

/// Ascending ranks, all of one connection, that have come as far as `kind` says.
void Coordinator::Loop::on_ranks(PeerId peer, const std::string& kind, const std::vector<int>& ranks) {
  const std::string& host = ranks_[static_cast<std::size_t>(ranks[0])].host;
  if (kind == "left" || kind == "lost") {
    for (const int rank : ranks) go(rank, kind == "left" ? RankState::left : RankState::lost);
    if (kind == "lost" && !ending_ && finish_by_ == 0) log_line("coordinator: lost %s on %s", names_of(ranks).c_str(), host.c_str());
    if (!round_ || ending_) return;
    if (round_->phase == Phase::resuming && not_resumed_ == 0) return round_over();
    fail_round(kind == "left" ? names_of(ranks) + " has left (it ends, or called MPI_Finalize)"
                              : fmt::format("{} on {} was lost (it ended or was killed) while {}", names_of(ranks), host, name_of(round_->phase)));
  } else if (kind == "resumed") {
    for (const int rank : ranks) mark_resumed(ranks_[static_cast<std::size_t>(rank)]);
    if (round_ && round_->phase == Phase::resuming && not_resumed_ == 0) round_over();
  } else if (kind == "parked" && round_ && round_->phase == Phase::parking) {
    for (const int rank : ranks) round_->parked += !std::exchange(ranks_[static_cast<std::size_t>(rank)].parked, true);
    if (round_->parked == options_.ranks) all_parked();
  }
}

void Coordinator::Loop::on_closed(PeerId peer) {
  std::erase_if(waiting_, [&](const Waiter& w) { return w.peer == peer; });
  std::erase(looking_, peer);
  if (round_) std::erase_if(round_->waiters, [&](const Waiter& w) { return w.peer == peer; });
  if (rank_of_.erase(peer) == 0 && relays_.erase(peer) == 0) return;
  std::vector<int> ranks;
  for (std::size_t i = 0; i < ranks_.size(); ++i)
    if (ranks_[i].peer == peer && ranks_[i].presence == RankState::present) ranks.push_back(static_cast<int>(i));
  if (!ranks.empty()) on_ranks(peer, "lost", ranks);
}

// ---- Requests

void Coordinator::Loop::request(Waiter waiter) {
  if (const std::string why = why_not_now(); !why.empty()) {
    server_.send(waiter.peer, {{"t", "refused"}, {"why", why}});
    return;
  }
  server_.send(waiter.peer, {{"t", "accepted"}});
  if (round_ && round_->phase <= Phase::agreeing && !round_->stopped) {
    round_->waiters.push_back(waiter);
    round_->kill = round_->kill || waiter.kill;
    return;
  }
  if (waiting_.empty() && !wanted_) wanted_since_ms_ = steady_ms();
  waiting_.push_back(waiter);
}

/// A signal to the job reaches every rank, and every rank forwards it, not all at the same moment.
void Coordinator::Loop::request_by_signal() {
  if (round_ || (begun_ && steady_ms() - last_begun_ms_ < same_request_ms)) return;
  if (const std::string why = why_not_now(); !why.empty()) {
    log_line("no checkpoint: %s", why.c_str());
    return;
  }
  if (waiting_.empty() && !wanted_) wanted_since_ms_ = steady_ms();
  wanted_ = true;
}

std::string Coordinator::Loop::why_not_now() const {
  if (ending_ || finish_by_ != 0) return "the job is ending";
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    if (ranks_[i].presence == RankState::left) return fmt::format("rank {} has ended or called MPI_Finalize", i);
    if (ranks_[i].presence == RankState::lost) return fmt::format("rank {} on {} is gone", i, ranks_[i].host);
  }
  return "";
}

std::int64_t Coordinator::Loop::next_interval_ms() const {
  return options_.interval_s > 0 ? last_begun_ms_ + std::max<std::int64_t>(ms(options_.interval_s), 1) : 0;
}

void Coordinator::Loop::begin_if_due() {
  if (round_ || ending_ || finish_by_ != 0) return;
  const std::int64_t next = next_interval_ms();
  const bool interval_due = next != 0 && steady_ms() >= next;
  if (!wanted_ && waiting_.empty() && !interval_due) return;
  std::string why = why_not_now();
  const bool starting = std::any_of(ranks_.begin(), ranks_.end(), [](const RankState& r) { return r.presence == RankState::expected; });
  if (why.empty() && starting) {
    if (waiting_.empty() || steady_ms() - wanted_since_ms_ < join_within_ms) return;
    why = "not all ranks have started yet";
  }
  if (why.empty()) return begin_round();
  for (const Waiter& waiter : waiting_) server_.send(waiter.peer, {{"t", "refused"}, {"why", why}});
  waiting_.clear();
  wanted_ = false;
  last_begun_ms_ = steady_ms();
}

// ---- The round

void Coordinator::Loop::begin_round() {
  const std::int64_t now = steady_ms();
  last_begun_ms_ = now;
  begun_ = true;
  Round round{.seconds = {}, .failure = {}, .late = {}, .waiters = std::move(waiting_), .agreement = Agreement(options_.ranks, now)};
  round.request = ++last_request_;
  round.begun_ms = now;
  round.deadline_ms = now + ms(options_.checkpoint_timeout_s);
  round.kill = std::any_of(round.waiters.begin(), round.waiters.end(), [](const Waiter& w) { return w.kill; });
  waiting_.clear();
  wanted_ = false;
  round_.emplace(std::move(round));
  auto number = store_.begin();
  if (!number) {
    log_line("no checkpoint: %s", number.error().message.c_str());
    last_failure_ = number.error().message;
    answer_waiters({{"t", "refused"}, {"why", number.error().message}});
    round_.reset();
    return;
  }
  round_->generation = *number;
  for (RankState& r : ranks_) {
    r.parked = r.written = r.resumed = false;
    r.not_parked.clear();
  }
  not_resumed_ = options_.ranks;
  if (options_.verbose) log_line("checkpoint %d: looking for a cut", *number);
  tell_all({{"t", "begin"}, {"n", round_->request}});
}

void Coordinator::Loop::take_report(int rank, const Message& message) {
  if (round_->phase != Phase::agreeing && round_->phase != Phase::draining) return;
  const PeerId peer = ranks_[static_cast<std::size_t>(rank)].peer;
  RankReport report = round_->agreement.merger().latest(peer);
  if (!apply_report(message, report)) return fail_round(fmt::format("rank {} sent a malformed report", rank));
  round_->agreement.take_rank(peer, rank, std::move(report), steady_ms());
  news_ = true;
}

void Coordinator::Loop::take_part(PeerId relay, const Message& message) {
  if (round_->phase != Phase::agreeing && round_->phase != Phase::draining) return;
  auto part = decode_part(message);
  if (!part) return fail_round("the relay on " + relays_[relay] + " sent a malformed part");
  round_->agreement.take_part(relay, std::move(*part), steady_ms());
  news_ = true;
}

/// Once for all reports that have come together.
void Coordinator::Loop::decide() {
  if (!std::exchange(news_, false) || !round_) return;
  if (round_->phase == Phase::agreeing || round_->phase == Phase::draining) follow(round_->agreement.decide());
}

void Coordinator::Loop::follow(const Agreement::Decision& decision) {
  if (decision.stall != 0) tell_relays({{"t", "stall"}, {"stall", decision.stall}});
  if (decision.targets_known || !decision.raised.empty()) tell_targets(decision);
  if (decision.stop) {
    round_->stopped = true;
    round_->enter(Phase::draining);
    round_->cut_ms = steady_ms();
    tell_all({{"t", "stop"}});
  }
  if (decision.all_stopped) tell_all({{"t", "all_stopped"}});
  if (decision.drained) {
    round_->enter(Phase::parking);
    round_->late.clear();
    round_->deadline_ms = steady_ms() + ms(options_.parking_timeout_s);
    tell_all({{"t", "drained"}});
  }
}

/// Every child learns the targets of the communicators that it has members of; of all of them at first, then of those raised.
void Coordinator::Loop::tell_targets(const Agreement::Decision& decision) {
  const Merger& merger = round_->agreement.merger();
  std::unordered_map<ChildId, TargetList> lists;
  if (decision.targets_known) {
    for (const auto& [peer, rank] : rank_of_) lists[peer] = merger.targets_of(peer);
    for (const auto& [peer, host] : relays_) lists[peer] = merger.targets_of(peer);
  } else {
    for (const std::uint64_t id : decision.raised)
      for (const ChildId child : merger.children_of(id)) lists[child].emplace_back(id, merger.target(id));
  }
  for (const auto& [peer, list] : lists) server_.send(peer, encode_targets(round_->request, list));
}

void Coordinator::Loop::all_parked() {
  round_->enter(Phase::writing);
  round_->parked_ms = steady_ms();
  round_->deadline_ms = round_->parked_ms + ms(options_.writing_timeout_s);
  if (options_.verbose)
    log_line("checkpoint %d: cut after %ld ms, all parked after %ld ms; writing", round_->generation, static_cast<long>(round_->cut_ms - round_->begun_ms),
             static_cast<long>(round_->parked_ms - round_->begun_ms));
  tell_all({{"t", "write"}, {"directory", store_.directory()}, {"generation", round_->generation}});
}

void Coordinator::Loop::written(int rank, const Message& message) {
  const ImageFacts facts = decode_image(message);
  RankState& r = ranks_[static_cast<std::size_t>(rank)];
  r.image = {facts.bytes, facts.data_bytes, facts.header_hash, r.host, facts.children};
  round_->written += !std::exchange(r.written, true);
  if (round_->written == options_.ranks) all_written();
}

void Coordinator::Loop::all_written() {
  round_->enter(Phase::committing);
  Manifest manifest;
  manifest.number = round_->generation;
  manifest.ranks = options_.ranks;
  manifest.time = utc_now();
  manifest.app_abi = options_.app_abi;
  manifest.lower_mpi = options_.lower_mpi;
  manifest.lower_mpi_version = options_.lower_mpi_version;
  manifest.writer_version = mana_version;
  manifest.application = options_.application;
  manifest.seconds = static_cast<double>(steady_ms() - round_->begun_ms) / 1000;
  for (const RankState& r : ranks_) manifest.images.push_back(r.image);
  fault_point("committing", 0);
  if (auto committed = store_.commit(manifest); !committed) return fail_round("the manifest: " + committed.error().message);
  fault_point("committed", 0);
  last_generation_ = {{"generation", manifest.number}, {"time", manifest.time},   {"bytes", manifest.bytes()},
                      {"seconds", manifest.seconds},   {"ranks", manifest.ranks}, {"path", store_.path_of(manifest.number)}};
  if (options_.verbose)
    log_line("checkpoint %d: committed, %.1f MiB in %.3f s", manifest.number, static_cast<double>(manifest.bytes()) / 1048576, manifest.seconds);
  if (!round_->kill) release_ranks();
  store_.prune(options_.keep);
  Message done = last_generation_;
  done["t"] = "done";
  done["parked_s"] = static_cast<double>(round_->parked_ms - round_->begun_ms) / 1000;  // from the request until nothing moved any more
  done["phases_s"] = round_->seconds;
  const std::vector<Waiter> waiters = round_->waiters;
  const bool kill = round_->kill;
  answer_waiters(done);
  if (!kill) return;
  for (const Waiter& waiter : waiters) server_.flush(waiter.peer, 1000);
  end_job();
}

/// Everybody goes on; the round is over when all have said so.
void Coordinator::Loop::release_ranks() {
  round_->enter(Phase::resuming);
  round_->deadline_ms = steady_ms() + resume_within_ms;
  tell_all({{"t", "resume"}, {"n", round_->request}});
}

/// Rank 0 last: this thread dies with it.
void Coordinator::Loop::end_job() {
  ending_ = true;
  round_->enter(Phase::ending);
  unlink(job_file(options_.directory).c_str());
  forget_job(endpoint_.job);
  const Message end = {{"t", "end"}, {"code", 0}};
  tell_relays(end);
  for (const auto& [peer, rank] : rank_of_)
    if (rank != 0) server_.send(peer, end);
  round_->deadline_ms = steady_ms() + end_within_ms;
}

void Coordinator::Loop::round_over() {
  if (!round_->failure.empty()) store_.abandon(round_->generation);
  round_.reset();
}

void Coordinator::Loop::fail_round(const std::string& why) {
  if (!round_ || round_->phase == Phase::resuming) return;
  log_line("checkpoint %d given up while %s: %s; the job goes on", round_->generation, name_of(round_->phase), why.c_str());
  last_failure_ = why;
  round_->failure = why;
  answer_waiters({{"t", "refused"}, {"why", std::string("given up while ") + name_of(round_->phase) + ": " + why}});
  store_.abandon(round_->generation);
  release_ranks();
  if (not_resumed_ == 0) round_over();
}

/// Asks once more where everybody is, and says whom the round has waited for in vain.
void Coordinator::Loop::fail_late_round() {
  if (round_->late.empty()) {
    round_->late = fmt::format("no consistent cut within {:g} s: ", options_.checkpoint_timeout_s);
    look();
  } else if (all_looked()) {
    fail_round(round_->late + diagnosis());
  }
}

void Coordinator::Loop::watch_deadlines() {
  if (!round_) return;
  const std::int64_t now = steady_ms();
  if (round_->phase == Phase::agreeing) {
    follow(round_->agreement.tick(now));
    if (const std::string why = round_->agreement.unsupported_for(unsupported_patience_ms, now); !why.empty()) return fail_round(why);
  }
  if (round_->phase == Phase::ending) {
    const bool others = std::any_of(ranks_.begin() + 1, ranks_.end(), [](const RankState& r) { return r.presence == RankState::present; });
    if (!others || now >= round_->deadline_ms) {
      server_.send(ranks_[0].peer, {{"t", "end"}, {"code", 0}});
      round_.reset();
    }
    return;
  }
  if (now < round_->deadline_ms) return;
  switch (round_->phase) {
    case Phase::agreeing:
    case Phase::draining: return fail_late_round();
    case Phase::parking: return fail_round("not parked in time: " + names_without(&RankState::parked));
    case Phase::writing: return fail_round("not written in time: " + names_without(&RankState::written));
    default:
      log_line("coordinator: %s did not go on in time after checkpoint %d", names_without(&RankState::resumed).c_str(), round_->generation);
      return round_over();
  }
}

// ---- Telling

void Coordinator::Loop::tell_all(const Message& message) {
  const std::string frame = frame_of(message);
  for (const auto& [peer, rank] : rank_of_) server_.send_frame(peer, frame);
  for (const auto& [peer, host] : relays_) server_.send_frame(peer, frame);
}

void Coordinator::Loop::tell_relays(const Message& message) {
  const std::string frame = frame_of(message);
  for (const auto& [peer, host] : relays_) server_.send_frame(peer, frame);
}

void Coordinator::Loop::answer_waiters(const Message& message) {
  for (const Waiter& waiter : round_->waiters) server_.send(waiter.peer, message);
  round_->waiters.clear();
}

void Coordinator::Loop::mark_resumed(RankState& r) {
  if (!std::exchange(r.resumed, true)) --not_resumed_;
}

std::string Coordinator::Loop::names_without(bool RankState::*flag) const {
  std::string names;
  int count = 0;
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    const RankState& r = ranks_[i];
    if (r.*flag || ++count > 5) continue;
    names += fmt::format("{}rank {} on {}{}", names.empty() ? "" : ", ", i, r.host, r.not_parked.empty() ? "" : " (" + r.not_parked + ")");
  }
  return count > 5 ? names + fmt::format(" and {} more", count - 5) : names;
}

Message Coordinator::Loop::status() const {
  Message list = Message::array();
  constexpr const char* presence[] = {"starting", "running", "left", "lost"};
  for (std::size_t i = 0; i < ranks_.size(); ++i) {
    const RankState& r = ranks_[i];
    list.push_back({{"rank", i},
                    {"host", r.host},
                    {"pid", r.pid},
                    {"state", presence[r.presence]},
                    {"place", describe_place(r.report)},
                    {"threads", r.report.threads},
                    {"children", r.children}});
  }
  Message m = {{"t", "status"},
               {"job", endpoint_.job},
               {"host", endpoint_.host},
               {"directory", options_.directory},
               {"lower_mpi", options_.lower_mpi},
               {"application", options_.application},
               {"ranks", options_.ranks},
               {"phase", name_of(round_ ? round_->phase : Phase::running)},
               {"last_generation", last_generation_},
               {"last_failure", last_failure_},
               {"interval_s", options_.interval_s},
               {"rank_states", list}};
  if (round_) {
    m["generation"] = round_->generation;
    m["waiting_for"] = round_->phase <= Phase::draining ? diagnosis() : "";
  }
  return m;
}

std::string Coordinator::Loop::diagnosis() const {
  std::vector<const RankReport*> reports;
  for (std::size_t i = 0; i < ranks_.size(); ++i) reports.push_back(looked_[i] ? &ranks_[i].report : nullptr);
  return round_->agreement.diagnosis(reports);
}

void Coordinator::Loop::look() {
  looked_.assign(ranks_.size(), false);
  look_until_ms_ = steady_ms() + look_within_ms;
  tell_all({{"t", "look"}});
}

void Coordinator::Loop::looked(int rank, const Message& message) {
  RankReport seen;
  RankState& r = ranks_[static_cast<std::size_t>(rank)];
  if (apply_report(message, seen)) r.report = std::move(seen);
  r.children = message.value("children", Message::array());
  if (!looked_.empty()) looked_[static_cast<std::size_t>(rank)] = true;
}

/// Or those that have not are not waited for any longer.
bool Coordinator::Loop::all_looked() const {
  bool whole = true;
  for (std::size_t i = 0; i < ranks_.size(); ++i) whole = whole && (looked_[i] || ranks_[i].presence != RankState::present);
  return whole || steady_ms() >= look_until_ms_;
}

void Coordinator::Loop::answer_looks() {
  if (looking_.empty() || !all_looked()) return;
  const Message answer = status();
  for (const PeerId peer : looking_) server_.send(peer, answer);
  looking_.clear();
}

// ---- Coordinator

std::string job_file(const std::string& directory) { return directory + "/job.json"; }

std::string job_id() {
  for (const char* name : {"SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID"})
    if (const char* value = getenv(name); value != nullptr && *value != 0) return value;
  return host_name() + ":" + std::to_string(getpid());
}

namespace {

/// "" or the id of a live job that uses the directory. One that is just ending is given a moment.
std::string other_job(const std::string& directory) {
  constexpr std::int64_t patience_ms = 5000;
  for (const std::int64_t until = steady_ms() + patience_ms; true; usleep(100'000)) {
    const auto text = read_text_file(job_file(directory), 1 << 16);
    if (!text) return "";
    const auto endpoint = Endpoint::parse(*text);
    if (!endpoint) return "";
    auto connection = connect_to(*endpoint, {{"role", "command"}}, 500);
    if (!connection) return "";
    close(connection->fd);
    if (steady_ms() >= until) return endpoint->job;
  }
}

}  // namespace

Result<std::unique_ptr<Coordinator>> Coordinator::start(CoordinatorOptions options) {
  if (options.job.empty()) options.job = job_id();
  if (auto made = make_directories(options.directory); !made) return Error{"--ckptdir: " + made.error().message};
  if (const std::string other = other_job(options.directory); !other.empty())
    return Error{options.directory + ": job " + other + " is running with this checkpoint directory; give this one another by --ckptdir"};
  auto listener = listen_anywhere(options.one_host);
  if (!listener) return listener.error();
  const std::string directory = options.directory, file = job_file(directory);
  std::unique_ptr<Coordinator> coordinator(new Coordinator);
  coordinator->loop_ = std::make_unique<Loop>(std::move(options), std::move(*listener));
  if (auto put = replace_file(file, coordinator->endpoint().serialize() + "\n", 0600); !put) return put.error();
  remember_job(coordinator->endpoint().job, directory);
  coordinator->loop_->start();
  return coordinator;
}

Coordinator::~Coordinator() { finish(0); }

const Endpoint& Coordinator::endpoint() const { return loop_->endpoint(); }

void Coordinator::finish(int timeout_ms) { loop_->finish(timeout_ms); }

}  // namespace mana
