// SPDX-License-Identifier: Apache-2.0
// One thread owns the sockets; what other threads want of them they leave to it as tasks.
#include "coordinator/family.hpp"

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "common/quiet_thread.hpp"
#include "coordinator/relay.hpp"
#include "coordinator/server.hpp"

namespace mana {
namespace {

constexpr std::size_t most_members = 4096;
constexpr int look_around_ms = 1000;

std::string name_of(int pid) { return "child process " + std::to_string(pid); }

}  // namespace

class Family::Loop final : PeerHandler {
 public:
  Loop(Listener listener, const std::string& token, FamilyOptions options)
      : options_(std::move(options)), server_({std::move(listener)}, token, most_members, *this, options_.note_descriptor) {
    thread_ = quiet_thread([this] { run(); });
  }
  ~Loop() override {
    ending_ = true;
    server_.wake();
    thread_.join();
  }

  std::vector<FamilyMember> members() const {
    const std::lock_guard lock(mutex_);
    std::vector<FamilyMember> all;
    for (const auto& [peer, member] : members_) all.push_back(member.who);
    return all;
  }

  void stop() {
    const std::lock_guard lock(mutex_);
    ++round_;
    stopping_ = true;
    for (auto& [peer, member] : members_) call_to_line(peer, member);
  }

  bool all_parked(std::string* why) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [peer, member] : members_) {
      if (member.parked == round_) continue;
      if (why != nullptr) *why = name_of(member.who.pid) + " has not stopped" + (member.why.empty() ? "" : ": " + member.why);
      return false;
    }
    return true;
  }

  bool write(const std::function<Message(int pid)>& words) {
    const std::lock_guard lock(mutex_);
    for (auto& [peer, member] : members_) {
      if (member.parked != round_) return false;
      Message message = words(member.who.pid);
      message["t"] = "write";
      member.waits_for_image = true;
      member.image = nullptr;
      send_later(peer, std::move(message));
    }
    return true;
  }

  Result<std::map<int, ImageFacts>> written(int timeout_ms) {
    std::unique_lock lock(mutex_);
    const auto done = [this] {
      for (const auto& [peer, member] : members_)
        if (member.waits_for_image && member.image.is_null()) return false;
      return true;
    };
    if (!changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), done)) return Error{"a child process has not written its image in time"};
    std::map<int, ImageFacts> images;
    for (const auto& [peer, member] : members_) {
      if (!member.waits_for_image) continue;
      if (text_field(member.image, "t") != "written") return Error{name_of(member.who.pid) + ": " + text_field(member.image, "why", "no image")};
      images[member.who.pid] = decode_image(member.image);
    }
    if (left_while_written_ != 0) return Error{name_of(left_while_written_) + " has ended while it was written"};
    return images;
  }

  void resume() {
    const std::lock_guard lock(mutex_);
    if (!stopping_) return;
    stopping_ = false;
    left_while_written_ = 0;
    for (auto& [peer, member] : members_) {
      member.waits_for_image = false;
      send_later(peer, {{"t", "resume"}, {"n", round_}});
    }
  }

  void end(int code, int timeout_ms) {
    std::unique_lock lock(mutex_);
    for (auto& [peer, member] : members_) send_later(peer, {{"t", "end"}, {"code", code}});
    changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] { return members_.empty(); });
  }

  void tell(const Message& words) {
    const std::lock_guard lock(mutex_);
    for (auto& [peer, member] : members_) send_later(peer, words);
  }

 private:
  struct Member {
    FamilyMember who;
    std::uint64_t parked = 0;  ///< the round in which it has parked
    std::string why;
    bool waits_for_image = false;
    Message image;
  };

  void run() {
    while (!ending_) {
      server_.run_once(look_around_ms);
      std::vector<std::pair<PeerId, Message>> words;
      {
        const std::lock_guard lock(mutex_);
        words.swap(outgoing_);
      }
      for (const auto& [peer, message] : words) server_.send(peer, message);
    }
  }

  /// With the mutex held, from any thread.
  void send_later(PeerId peer, Message message) {
    outgoing_.emplace_back(peer, std::move(message));
    server_.wake();
  }

  /// A process has no messages to wait for: all words of the way to the line are said at once.
  void call_to_line(PeerId peer, Member& member) {
    member.why.clear();
    send_later(peer, {{"t", "begin"}, {"n", round_}});
    for (const char* word : {"stop", "all_stopped", "drained"}) send_later(peer, {{"t", word}});
  }

  Message on_hello(PeerId peer, const Message& hello) override {
    const std::lock_guard lock(mutex_);
    Member& member = members_[peer];
    member.who = {static_cast<int>(int_field(hello, "pid")), static_cast<int>(int_field(hello, "id"))};
    if (stopping_) call_to_line(peer, member);
    changed_.notify_all();
    return {{"t", "welcome"}};
  }

  void on_message(PeerId peer, const Message& message) override {
    const std::string kind = text_field(message, "t");
    if (kind == "request" && options_.request) return options_.request();
    const std::lock_guard lock(mutex_);
    Member& member = members_[peer];
    if (speaks_of_round(kind) && unsigned_field(message, "n") != round_) return;
    if (kind == "parked") member.parked = round_;
    if (kind == "not_parked") member.why = text_field(message, "why");
    if (kind == "written" || kind == "failed") member.image = message;
    changed_.notify_all();
  }

  void on_closed(PeerId peer) override {
    const std::lock_guard lock(mutex_);
    const auto member = members_.find(peer);
    if (member == members_.end()) return;
    if (member->second.waits_for_image) left_while_written_ = member->second.who.pid;
    members_.erase(member);
    changed_.notify_all();
  }

  FamilyOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<PeerId, Member> members_;
  std::vector<std::pair<PeerId, Message>> outgoing_;
  std::uint64_t round_ = 0;
  bool stopping_ = false;
  int left_while_written_ = 0;
  std::atomic<bool> ending_{false};
  Server server_;
  std::thread thread_;
};

Result<std::unique_ptr<Family>> Family::start(const Endpoint& job, FamilyOptions options) {
  auto listener = listen_on_node(options.name);
  if (!listener) return listener.error();
  std::unique_ptr<Family> family(new Family);
  family->loop_ = std::make_unique<Loop>(std::move(*listener), job.token, std::move(options));
  return family;
}

Family::~Family() = default;

Endpoint Family::endpoint(const Endpoint& job, const std::string& name) { return Relay::endpoint_on_node(job, name); }

std::vector<FamilyMember> Family::members() const { return loop_->members(); }
void Family::stop() { loop_->stop(); }
bool Family::all_parked(std::string* why) const { return loop_->all_parked(why); }
bool Family::write(const std::function<Message(int pid)>& words) { return loop_->write(words); }
Result<std::map<int, ImageFacts>> Family::written(int timeout_ms) { return loop_->written(timeout_ms); }
void Family::resume() { loop_->resume(); }
void Family::end(int code, int timeout_ms) { loop_->end(code, timeout_ms); }
void Family::tell(const Message& words) { loop_->tell(words); }

}  // namespace mana
