// SPDX-License-Identifier: Apache-2.0
// The agent's thread: sleeps in poll(), wakes for the coordinator, for a forwarded signal, or to leave.
#include "coordinator/agent.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "common/check.hpp"
#include "common/fault_point.hpp"
#include "common/fork_pause.hpp"
#include "common/generation.hpp"
#include "common/quiet_thread.hpp"
#include "coordinator/coordinator.hpp"

namespace mana {
namespace {

constexpr long poll_fast_ns = 200'000, poll_slow_ns = 1'000'000, find_every_ms = 500;
constexpr std::int64_t fast_for_ms = 100, why_every_ms = 500, relay_patience_ms = 3000;

void enter(Phase phase, int rank) {
  speaker().phase = phase;
  fault_point(name_of(phase), rank);
}

int wait_for(pollfd* ready, nfds_t count, const timespec* interval) {
  const WhileWaiting waiting;
  return ppoll(ready, count, interval, nullptr);
}

}  // namespace

Agent::Agent(Endpoint endpoint, int rank, int size, RankPort& port, AgentOptions options)
    : endpoint_(std::move(endpoint)), rank_(rank), size_(size), port_(port), options_(std::move(options)) {}

Agent::~Agent() {
  finish();
  if (wake_ >= 0) {
    close(wake_);
    if (options_.note_descriptor) options_.note_descriptor(wake_, false);
  }
}

Result<void> Agent::start() {
  wake_ = move_high(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake_ < 0) return system_error("agent: eventfd", errno);
  if (options_.note_descriptor) options_.note_descriptor(wake_, true);
  auto connected = options_.relay ? connect(*options_.relay) : connect(endpoint_);
  if (!connected && options_.relay) connected = connect(endpoint_);
  if (!connected) return Error{"rank " + std::to_string(rank_) + " cannot reach the coordinator on " + endpoint_.host + ": " + connected.error().message};
  thread_ = quiet_thread([this] { run(); });
  return {};
}

Result<void> Agent::connect(const Endpoint& to) {
  Message hello = {{"role", "rank"}, {"rank", rank_}, {"size", size_}, {"host", host_name()}, {"pid", getpid()}};
  hello.update(options_.about);
  auto connection = connect_to(to, hello, options_.connect_timeout_ms);
  if (!connection) return connection.error();
  connection_ = std::move(*connection);
  if (options_.note_descriptor) options_.note_descriptor(connection_.fd, true);
  return {};
}

void Agent::request_checkpoint() noexcept {
  const int saved = errno;
  requested_ = true;
  const std::uint64_t one = 1;
  if (wake_ >= 0) [[maybe_unused]]
    auto put = write(wake_, &one, sizeof one);
  errno = saved;
}

void Agent::finish() {
  if (!thread_.joinable()) return;
  finishing_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] auto put = write(wake_, &one, sizeof one);
  thread_.join();
}

void Agent::run() {
  handle_received();  // a round may have begun while this rank connected: its first words came together with the welcome
  while (!finishing_) {
    wait();
    if (lost_ && !finishing_) find_coordinator();
    if (requested_.exchange(false)) {
      if (!lost_)
        say({{"t", "request"}, {"why", "signal"}});
      else if (options_.speaks_for_node)
        log_line("no checkpoint: the coordinator is gone");
    }
    advance_round();
  }
  if (round_.step != Round::none) end_round();
  say({{"t", "leave"}});
  if (connection_.fd >= 0) {
    close(connection_.fd);
    if (options_.note_descriptor) options_.note_descriptor(connection_.fd, false);
    connection_.fd = -1;
  }
}

/// Until something happens, or for the short time between two looks at the rank while a round is active.
void Agent::wait() {
  pollfd ready[2] = {{wake_, POLLIN, 0}, {connection_.fd, POLLIN, 0}};
  const bool active = round_.step == Round::reporting || round_.step == Round::parking;
  const bool fast = steady_ms() - round_.begun_ms < fast_for_ms;
  const bool looking = lost_ && !options_.directory.empty();
  const timespec interval{0, looking ? find_every_ms * 1'000'000 : fast ? poll_fast_ns : poll_slow_ns};
  if (wait_for(ready, lost_ ? 1 : 2, active || looking ? &interval : nullptr) <= 0) return;
  if (ready[0].revents != 0) {
    std::uint64_t count;
    [[maybe_unused]] auto got = read(wake_, &count, sizeof count);
  }
  if (!lost_ && ready[1].revents != 0 && !read_socket()) lose_coordinator("the connection was closed");
}

bool Agent::read_socket() {
  char block[1 << 14];
  const ssize_t got = recv(connection_.fd, block, sizeof block, MSG_DONTWAIT);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (got <= 0) return false;
  connection_.reader.append(block, static_cast<std::size_t>(got));
  handle_received();
  return true;
}

void Agent::handle_received() {
  while (!lost_) {
    auto message = connection_.reader.next();
    if (!message) return lose_coordinator("it sent " + message.error().message);
    if (!*message) return;
    handle(**message);
  }
}

void Agent::handle(const Message& message) {
  const std::string kind = text_field(message, "t");
  if (kind == "begin" && round_.step == Round::none) {
    round_ = Round{};
    round_.step = Round::reporting;
    round_.request = static_cast<std::uint32_t>(unsigned_field(message, "n"));
    round_.begun_ms = steady_ms();
    enter(Phase::agreeing, rank_);
    port_.begin(round_.request);
  } else if (kind == "targets" && round_.step == Round::reporting) {
    port_.set_targets(decode_targets(message), round_.request);
  } else if (kind == "stop" && round_.step == Round::reporting) {
    enter(Phase::draining, rank_);
    round_.begun_ms = steady_ms();
    port_.stop();
  } else if (kind == "all_stopped" && round_.step == Round::reporting) {
    port_.all_stopped();
  } else if (kind == "drained" && round_.step == Round::reporting) {
    enter(Phase::parking, rank_);
    round_.step = Round::parking;
    round_.begun_ms = steady_ms();
    port_.drained();
  } else if (kind == "write" && round_.step == Round::done) {
    const std::string own = text_field(message, "path");  // said to a member of a family
    write_image(!own.empty() ? own : GenerationStore(text_field(message, "directory")).image_path(static_cast<int>(int_field(message, "generation")), rank_));
  } else if (kind == "resume") {
    if (round_.step != Round::none) end_round();
    say({{"t", "resumed"}, {"n", unsigned_field(message, "n")}});
  } else if (kind == "end") {
    enter(Phase::ending, rank_);
    port_.end_job(static_cast<int>(int_field(message, "code", 0)));
    if (round_.step != Round::none) end_round();  // only a simulated rank comes here
  } else if (kind == "look") {
    Message answer = encode_report(port_.report(), nullptr);
    answer["t"] = "looked";
    if (const auto children = port_.children(); !children.empty()) answer["children"] = children;
    say(answer);
  } else if (options_.hear) {
    options_.hear(message);
  }
}

/// One look at the rank, if the coordinator waits for it; says what is new.
void Agent::advance_round() {
  if (round_.step == Round::reporting) {
    RankReport now = port_.report();
    if (round_.reported && now == round_.last) return;
    say_of_round(encode_report(now, round_.reported ? &round_.last : nullptr));
    round_.last = std::move(now);
    round_.reported = true;
  } else if (round_.step == Round::parking) {
    std::string why;
    if (port_.all_parked(&why)) {
      round_.step = Round::done;
      say_of_round({{"t", "parked"}});
    } else if (why != round_.last_why && steady_ms() - round_.last_why_ms > why_every_ms) {
      round_.last_why = why;
      round_.last_why_ms = steady_ms();
      say_of_round({{"t", "not_parked"}, {"why", why}});
    }
  }
}

void Agent::write_image(const std::string& path) {
  enter(Phase::writing, rank_);
  auto facts = port_.write_image(path);
  if (facts)
    say_of_round(encode_image(*facts));
  else
    say_of_round({{"t", "failed"}, {"why", facts.error().message}});
}

void Agent::end_round() {
  enter(Phase::resuming, rank_);
  port_.resume();
  round_ = Round{};
  speaker().phase = Phase::running;
}

void Agent::lose_coordinator(const std::string& why) {
  if (lost_) return;
  lost_ = true;
  lost_ms_ = steady_ms();
  look_again_ms_ = lost_ms_ + find_every_ms;
  if (connection_.fd >= 0) {
    close(connection_.fd);
    if (options_.note_descriptor) options_.note_descriptor(connection_.fd, false);
    connection_.fd = -1;
  }
  if (!finishing_ && (options_.speaks_for_node || options_.verbose))
    log_line("%s is gone: %s; the job goes on%s", options_.relay ? "this node's relay to the coordinator" : "the coordinator (rank 0)", why.c_str(),
             options_.directory.empty() ? ", but no further checkpoint can be taken" : ", and looks for it again");
  if (round_.step != Round::none) end_round();
}

/// One attempt: at this node's relay, if it has one, else where job.json says that this job's coordinator is now. When it does not
/// answer the one in whose process it was makes a new one; the others do without a relay after a while.
void Agent::find_coordinator() {
  if (options_.directory.empty() || steady_ms() < look_again_ms_) return;
  look_again_ms_ = steady_ms() + find_every_ms;
  const auto text = read_text_file(job_file(options_.directory), 1 << 16);
  const auto found = text ? Endpoint::parse(*text) : Result<Endpoint>(text.error());
  if (found && found->token == endpoint_.token) endpoint_ = *found;
  bool connected = static_cast<bool>(connect(options_.relay ? *options_.relay : endpoint_));
  if (!connected && options_.revive) {
    auto revived = options_.revive();
    if (!revived) log_line("%s", revived.error().message.c_str());
    if (revived) {
      look_again_ms_ = 0;
      return;
    }
  }
  if (!connected && options_.relay && steady_ms() - lost_ms_ > relay_patience_ms) connected = static_cast<bool>(connect(endpoint_));
  if (!connected) return;
  lost_ = false;
  if (options_.speaks_for_node || options_.verbose) log_line("%s is back", options_.relay ? "the way to the coordinator" : "the coordinator");
  handle_received();
}

void Agent::say(const Message& message) {
  if (!lost_ && !send_message(connection_.fd, message)) lose_coordinator("sending failed");
}

void Agent::say_of_round(Message message) {
  message["n"] = round_.request;
  say(message);
}

}  // namespace mana
