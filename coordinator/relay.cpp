// SPDX-License-Identifier: Apache-2.0
// The relay's thread. Downwards it repeats what it is told; upwards it gathers for a moment what is said, and merges it.
#include "coordinator/relay.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "common/check.hpp"
#include "common/generation.hpp"
#include "common/quiet_thread.hpp"
#include "coordinator/coordinator.hpp"
#include "coordinator/merging.hpp"
#include "coordinator/server.hpp"

namespace mana {
namespace {

// What is said is passed on at once when everybody has spoken, else after so long. News that change nothing only say that somebody moves.
constexpr std::int64_t gather_ms = 1, gather_ranks_ms = 20, still_moving_ms = 5;
constexpr std::int64_t look_again_every_ms = 500, same_request_ms = 100, others_end_within_ms = 2000;
constexpr int spoken_late_at_most = 8;
constexpr PeerId nobody = 0;  ///< no peer has this number

}  // namespace

class Relay::Loop final : public PeerHandler {
 public:
  Loop(Endpoint coordinator, Endpoint own, std::vector<Listener> listeners, RelayOptions options)
      : coordinator_(std::move(coordinator)),
        own_(std::move(own)),
        options_(std::move(options)),
        server_(std::move(listeners), coordinator_.token, static_cast<std::size_t>(options_.ranks) + 128, *this, options_.note_descriptor) {}
  const Endpoint& endpoint() const { return own_; }
  Result<void> start(const std::vector<Endpoint>& upwards);
  void finish(int timeout_ms);

 private:
  /// A rank, or another relay and the ranks that it speaks for.
  struct Child {
    std::set<int> ranks;
    bool relay = false;
  };
  /// Ranks that have come to some point of the round, not all of them passed on yet.
  struct Progress {
    std::vector<int> unsaid;
    std::size_t said = 0;
    std::int64_t since_ms = 0;
  };
  struct Round {
    std::uint64_t request = 0;
    Merger merger;
    bool targets_known = false;
    std::unordered_set<ChildId> heard;  ///< since the last part was sent
    std::int64_t heard_ms = 0;
    Progress parked, written;
    Message images = Message::array();
    int late = 0;  ///< not_parked passed on
  };

  Message on_hello(PeerId peer, const Message& hello) override;
  void on_message(PeerId peer, const Message& message) override;
  void on_closed(PeerId peer) override;

  // Downwards.
  void on_word(const std::string& kind, const Message& message);
  void take_targets(const Message& message);
  void end(const Message& message);
  void end_own_rank();
  void tell_all(const Message& message);

  // Upwards.
  void on_rank(PeerId peer, int rank, const std::string& kind, const Message& message);
  void on_relay(PeerId peer, Child& child, const std::string& kind, const Message& message);
  void on_relay_ranks(Child& child, const std::string& kind, const Message& message);
  void take_joined(Child& child, const Message& message);
  void take_list(const std::string& kind, const Message& message);
  void take_image(Message facts);
  void reached(Progress& progress, const std::vector<int>& ranks);
  void heard(PeerId child);
  void gone(const std::string& kind, const std::vector<int>& ranks);
  void request();
  void speak();
  void say_joined();
  void say_part();
  bool due(const Progress& progress) const;
  void said(Progress& progress);
  void say(const Message& message);
  void say_of_round(Message message);
  std::size_t ranks_below() const;

  // The connection upwards.
  void lose_upwards();
  void find_upwards();
  Result<void> connect(const Endpoint& to, int timeout_ms);

  void run();
  int sleep_ms() const;

  Endpoint coordinator_, own_;
  RelayOptions options_;
  Server server_;
  std::thread thread_;
  std::atomic<std::int64_t> finish_by_{0};  ///< 0: not asked for
  PeerId upwards_ = nobody;                 ///< nobody: lost
  std::unordered_map<PeerId, Child> children_;
  std::map<int, Message> facts_;  ///< of each rank below: {rank, host, pid}
  Message joined_ = Message::array(), looked_ = Message::array();
  std::optional<Round> round_;
  Progress resumed_;
  std::uint64_t resumed_round_ = 0;
  std::int64_t look_again_ms_ = 0, requested_ms_ = -same_request_ms, end_own_by_ms_ = 0;
  Message end_;
};

// ---- The thread

Result<void> Relay::Loop::start(const std::vector<Endpoint>& upwards) {
  Result<void> connected = Error{"nobody to connect to"};
  for (const Endpoint& to : upwards) {
    connected = connect(to, options_.connect_timeout_ms);
    if (connected) break;
  }
  if (!connected) return connected;
  thread_ = quiet_thread([this] { run(); });
  return {};
}

void Relay::Loop::finish(int timeout_ms) {
  if (!thread_.joinable()) return;
  finish_by_ = steady_ms() + timeout_ms;
  server_.wake();
  thread_.join();
}

void Relay::Loop::run() {
  while (true) {
    server_.run_once(sleep_ms());
    if (upwards_ == nobody) find_upwards();
    speak();
    end_own_rank();
    const std::int64_t finish_by = finish_by_;
    if (finish_by != 0 && (children_.empty() || steady_ms() >= finish_by)) break;
  }
  if (upwards_ != nobody) server_.flush(upwards_, 1000);
}

int Relay::Loop::sleep_ms() const {
  if (round_ && !round_->heard.empty()) return static_cast<int>(gather_ms);
  const bool unsaid = !resumed_.unsaid.empty() || (round_ && (!round_->parked.unsaid.empty() || !round_->written.unsaid.empty()));
  if (unsaid || finish_by_ != 0 || end_own_by_ms_ != 0) return static_cast<int>(gather_ranks_ms);
  return upwards_ == nobody ? static_cast<int>(look_again_every_ms) : 1000;
}

// ---- Peers

Message Relay::Loop::on_hello(PeerId peer, const Message& hello) {
  const std::string role = text_field(hello, "role");
  if (role == "relay" && options_.for_relays) {
    children_[peer].relay = true;
    return {{"t", "welcome"}};
  }
  const std::int64_t rank = int_field(hello, "rank");
  if (role != "rank" || rank < 0 || rank >= options_.ranks || int_field(hello, "size") != options_.ranks)
    return {{"t", "refused"}, {"why", "it is no rank of this job"}};
  if (facts_.contains(static_cast<int>(rank))) return {{"t", "refused"}, {"why", "the rank is connected already"}};
  children_[peer].ranks = {static_cast<int>(rank)};
  const Message facts = {{"rank", rank}, {"host", text_field(hello, "host")}, {"pid", int_field(hello, "pid")}};
  facts_[static_cast<int>(rank)] = facts;
  joined_.push_back(facts);
  return {{"t", "welcome"}};
}

void Relay::Loop::on_message(PeerId peer, const Message& message) {
  const std::string kind = text_field(message, "t");
  if (peer == upwards_) return on_word(kind, message);
  const auto found = children_.find(peer);
  if (found == children_.end()) return;
  Child& child = found->second;
  if (speaks_of_round(kind) && (!round_ || unsigned_field(message, "n") != round_->request)) return;  // it was given up
  if (child.relay) return on_relay(peer, child, kind, message);
  if (!child.ranks.empty()) on_rank(peer, *child.ranks.begin(), kind, message);
}

void Relay::Loop::on_closed(PeerId peer) {
  if (peer == upwards_) return lose_upwards();
  const auto found = children_.find(peer);
  if (found == children_.end()) return;
  const std::vector<int> ranks(found->second.ranks.begin(), found->second.ranks.end());
  children_.erase(found);
  if (!ranks.empty()) gone("lost", ranks);
}

// ---- Downwards

void Relay::Loop::on_word(const std::string& kind, const Message& message) {
  if (kind == "begin") {
    round_.emplace();
    round_->request = unsigned_field(message, "n");
    tell_all(message);
  } else if (kind == "targets") {
    take_targets(message);
  } else if (kind == "stall") {
    if (round_) round_->merger.mark_awaited(static_cast<std::uint32_t>(unsigned_field(message, "stall")));
    const std::string frame = frame_of(message);
    for (const auto& [peer, child] : children_)
      if (child.relay) server_.send_frame(peer, frame);
  } else if (kind == "resume") {
    round_.reset();
    resumed_ = {};
    resumed_round_ = unsigned_field(message, "n");
    tell_all(message);
  } else if (kind == "end") {
    end(message);
  } else if (kind == "stop" || kind == "all_stopped" || kind == "drained" || kind == "write" || kind == "look") {
    tell_all(message);
  }
}

/// Targets that are new to this relay go to all of its children that have members of the communicator.
void Relay::Loop::take_targets(const Message& message) {
  if (!round_) return;
  Merger& merger = round_->merger;
  std::unordered_map<ChildId, TargetList> lists;
  for (const auto& [communicator, target] : decode_targets(message)) {
    merger.set_target(communicator, target);
    for (const ChildId child : merger.children_of(communicator)) lists[child].emplace_back(communicator, target);
  }
  if (!std::exchange(round_->targets_known, true)) {
    merger.take_newcomers();
    for (const auto& [peer, child] : children_) lists.try_emplace(peer);
  }
  for (const auto& [peer, list] : lists) server_.send(peer, encode_targets(round_->request, list));
  heard(nobody);  // ranks that are behind now may want to be let in elsewhere
}

/// The own rank last: this thread ends with it.
void Relay::Loop::end(const Message& message) {
  end_ = message;
  end_own_by_ms_ = steady_ms() + others_end_within_ms;
  for (const auto& [peer, child] : children_)
    if (!child.ranks.contains(options_.own_rank) || child.relay) server_.send(peer, message);
}

void Relay::Loop::end_own_rank() {
  if (end_own_by_ms_ == 0 || (children_.size() > 1 && steady_ms() < end_own_by_ms_)) return;
  end_own_by_ms_ = 0;
  for (const auto& [peer, child] : children_)
    if (child.ranks.contains(options_.own_rank) && !child.relay) server_.send(peer, end_);
}

void Relay::Loop::tell_all(const Message& message) {
  const std::string frame = frame_of(message);
  for (const auto& [peer, child] : children_) server_.send_frame(peer, frame);
}

// ---- Upwards

void Relay::Loop::on_rank(PeerId peer, int rank, const std::string& kind, const Message& message) {
  if (kind == "request") return request();
  if (kind == "leave") {
    children_.at(peer).ranks.clear();
    return gone("left", {rank});
  }
  if (kind == "resumed") {
    if (unsigned_field(message, "n") == resumed_round_) reached(resumed_, {rank});
    return;
  }
  const auto with_rank = [&] {
    Message named = message;
    named["rank"] = rank;
    return named;
  };
  if (kind == "looked") {
    looked_.push_back(with_rank());
  } else if (kind == "report") {
    RankReport report = round_->merger.latest(peer);
    if (!apply_report(message, report)) return say_of_round({{"t", "failed"}, {"rank", rank}, {"why", "it sent a malformed report"}});
    round_->merger.take_rank(peer, rank, std::move(report));
    heard(peer);
  } else if (kind == "parked") {
    reached(round_->parked, {rank});
  } else if (kind == "written") {
    take_image(with_rank());
  } else if (kind == "failed" || (kind == "not_parked" && ++round_->late <= spoken_late_at_most)) {
    say_of_round(with_rank());
  }
}

void Relay::Loop::on_relay(PeerId peer, Child& child, const std::string& kind, const Message& message) {
  if (kind == "request") return request();
  if (kind == "joined") return take_joined(child, message);
  if (kind == "looked" || kind == "written") return take_list(kind, message);
  if (kind == "failed" || kind == "not_parked") return say_of_round(message);
  if (kind != "part") return on_relay_ranks(child, kind, message);
  auto part = decode_part(message);
  if (!part) return server_.close_peer(peer);
  round_->merger.take_part(peer, std::move(*part));
  heard(peer);
}

void Relay::Loop::on_relay_ranks(Child& child, const std::string& kind, const Message& message) {
  std::vector<int> ranks;
  if (!decode_ranks(message, options_.ranks, ranks) || ranks.empty()) return;
  if (kind == "left" || kind == "lost") {
    for (const int rank : ranks) child.ranks.erase(rank);
    gone(kind, ranks);
  } else if (kind == "resumed") {
    if (unsigned_field(message, "n") == resumed_round_) reached(resumed_, ranks);
  } else if (kind == "parked") {
    reached(round_->parked, ranks);
  }
}

void Relay::Loop::take_joined(Child& child, const Message& message) {
  const auto list = message.find("ranks");
  if (list == message.end() || !list->is_array()) return;
  for (const Message& one : *list) {
    const std::int64_t rank = one.is_object() ? int_field(one, "rank") : -1;
    if (rank < 0 || rank >= options_.ranks) continue;
    child.ranks.insert(static_cast<int>(rank));
    facts_[static_cast<int>(rank)] = one;
    joined_.push_back(one);
  }
}

void Relay::Loop::take_list(const std::string& kind, const Message& message) {
  const auto list = message.find("ranks");
  if (list == message.end() || !list->is_array()) return;
  for (const Message& one : *list) {
    if (!one.is_object()) continue;
    if (kind == "looked")
      looked_.push_back(one);
    else
      take_image(one);
  }
}

void Relay::Loop::take_image(Message facts) {
  reached(round_->written, {static_cast<int>(int_field(facts, "rank"))});
  round_->images.push_back(std::move(facts));
}

void Relay::Loop::reached(Progress& progress, const std::vector<int>& ranks) {
  if (progress.unsaid.empty()) progress.since_ms = steady_ms();
  progress.unsaid.insert(progress.unsaid.end(), ranks.begin(), ranks.end());
}

void Relay::Loop::heard(PeerId child) {
  if (round_->heard.empty()) round_->heard_ms = steady_ms();
  round_->heard.insert(child);
}

/// Ranks that are no longer below this relay. Passed on at once, after whatever was said of them before.
void Relay::Loop::gone(const std::string& kind, const std::vector<int>& ranks) {
  say_joined();
  for (const int rank : ranks) facts_.erase(rank);
  say({{"t", kind}, {"ranks", encode_ranks(ranks)}});
}

/// A signal to the job reaches every rank.
void Relay::Loop::request() {
  if (steady_ms() - requested_ms_ < same_request_ms) return;
  requested_ms_ = steady_ms();
  if (upwards_ == nobody) return log_line("no checkpoint: the coordinator is gone");
  say({{"t", "request"}, {"why", "signal"}});
}

void Relay::Loop::speak() {
  say_joined();
  if (!looked_.empty()) say({{"t", "looked"}, {"ranks", std::exchange(looked_, Message::array())}});
  if (due(resumed_)) {
    say({{"t", "resumed"}, {"n", resumed_round_}, {"ranks", encode_ranks(resumed_.unsaid)}});
    said(resumed_);
  }
  if (!round_) return;
  if (due(round_->parked)) {
    say_of_round({{"t", "parked"}, {"ranks", encode_ranks(round_->parked.unsaid)}});
    said(round_->parked);
  }
  if (due(round_->written)) {
    say_of_round({{"t", "written"}, {"ranks", std::exchange(round_->images, Message::array())}});
    said(round_->written);
  }
  if (!round_->heard.empty()) say_part();
}

void Relay::Loop::say_joined() {
  if (!joined_.empty()) say({{"t", "joined"}, {"ranks", std::exchange(joined_, Message::array())}});
}

void Relay::Loop::say_part() {
  Round& r = *round_;
  const bool news = r.merger.has_news();
  if (r.targets_known)
    for (const auto& [child, communicator] : r.merger.take_newcomers())
      if (const std::uint64_t target = r.merger.target(communicator); target != 0) server_.send(child, encode_targets(r.request, {{communicator, target}}));
  const bool all_heard = r.heard.size() - r.heard.count(nobody) == children_.size();
  if (!all_heard && steady_ms() - r.heard_ms < (news ? gather_ms : still_moving_ms)) return;
  const bool somebody_moves = r.heard.size() > r.heard.count(nobody);
  r.heard.clear();
  if (news || somebody_moves) say_of_round(encode_part(r.merger.take_change()));
}

bool Relay::Loop::due(const Progress& progress) const {
  return !progress.unsaid.empty() && (progress.said + progress.unsaid.size() >= ranks_below() || steady_ms() - progress.since_ms >= gather_ranks_ms);
}

void Relay::Loop::said(Progress& progress) {
  progress.said += progress.unsaid.size();
  progress.unsaid.clear();
}

void Relay::Loop::say(const Message& message) {
  if (upwards_ != nobody) server_.send(upwards_, message);
}

void Relay::Loop::say_of_round(Message message) {
  message["n"] = round_->request;
  say(message);
}

std::size_t Relay::Loop::ranks_below() const { return facts_.size(); }

// ---- The connection upwards

Result<void> Relay::Loop::connect(const Endpoint& to, int timeout_ms) {
  auto connection = connect_to(to, {{"role", "relay"}, {"host", host_name()}}, timeout_ms);
  if (!connection) return connection.error();
  upwards_ = server_.adopt(std::move(*connection));
  joined_ = Message::array();
  for (const auto& [rank, facts] : facts_) joined_.push_back(facts);
  return {};
}

/// The round in progress is over for everybody below.
void Relay::Loop::lose_upwards() {
  upwards_ = nobody;
  look_again_ms_ = steady_ms() + look_again_every_ms;
  if (finish_by_ == 0 && end_.is_null() && ranks_below() > 0)
    log_line("the coordinator (rank 0) is gone for %zu ranks on %s: the connection was closed; the job goes on, and looks for it again", ranks_below(),
             host_name().c_str());
  if (round_) tell_all({{"t", "resume"}, {"n", round_->request}});
  round_.reset();
  resumed_ = {};
  resumed_round_ = 0;
}

/// One attempt, at the coordinator itself: whatever stood between it and this relay may be gone.
void Relay::Loop::find_upwards() {
  if (finish_by_ != 0 || options_.directory.empty() || steady_ms() < look_again_ms_) return;
  look_again_ms_ = steady_ms() + look_again_every_ms;
  const auto text = read_text_file(job_file(options_.directory), 1 << 16);
  const auto found = text ? Endpoint::parse(*text) : Result<Endpoint>(text.error());
  if (found && found->token == coordinator_.token) coordinator_ = *found;
  if (connect(coordinator_, 1000) && options_.verbose) log_line("the coordinator is back");
}

// ---- Relay

Endpoint Relay::endpoint_on_node(Endpoint coordinator, const std::string& name) {
  coordinator.addresses = {"@" + name};
  return coordinator;
}

Result<std::unique_ptr<Relay>> Relay::listen(const Endpoint& coordinator, RelayOptions options) {
  auto local = listen_on_node(options.name);
  if (!local) return local.error();
  std::vector<Listener> listeners{*local};
  Endpoint own = endpoint_on_node(coordinator, options.name);
  if (options.for_relays) {
    auto network = listen_anywhere(options.loopback_only);
    if (!network) {
      close(local->fd);
      return network.error();
    }
    own.addresses = network->addresses;
    own.port = network->port;
    listeners.push_back(*network);
  }
  std::unique_ptr<Relay> relay(new Relay);
  relay->loop_ = std::make_unique<Loop>(coordinator, std::move(own), std::move(listeners), std::move(options));
  return relay;
}

Relay::~Relay() { finish(0); }

const Endpoint& Relay::endpoint() const { return loop_->endpoint(); }

Result<void> Relay::start(const std::vector<Endpoint>& upwards) { return loop_->start(upwards); }

void Relay::finish(int timeout_ms) { loop_->finish(timeout_ms); }

}  // namespace mana
