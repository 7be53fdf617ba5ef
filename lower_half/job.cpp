// SPDX-License-Identifier: Apache-2.0
// Rank 0 has the coordinator; on every other node the lowest rank has a relay, to which the node's ranks connect.
#include "lower_half/job.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>

#include "common/generation.hpp"
#include "coordinator/agent.hpp"
#include "coordinator/coordinator.hpp"
#include "coordinator/relay.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/descriptors.hpp"
#include "lower_half/family.hpp"
#include "lower_half/gate_page.hpp"
#include "lower_half/gate_port.hpp"
#include "lower_half/options.hpp"
#include "lower_half/request_signal.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

struct Job {
  std::unique_ptr<Coordinator> coordinator;  // rank 0 only
  std::unique_ptr<Relay> relay;              // the lowest rank of every node but the first
  std::unique_ptr<GatePort> port;
  std::unique_ptr<Agent> agent;
};
Job the_job;
std::atomic<Agent*> the_agent{nullptr};

CoordinatorOptions coordinator_options(const RealMpi& real) {
  CoordinatorOptions o;
  o.ranks = real.size;
  o.directory = options().checkpoint_directory;
  o.one_host = real.one_host;
  o.interval_s = options().interval_s;
  o.keep = options().keep;
  o.checkpoint_timeout_s = options().checkpoint_timeout_s;
  o.app_abi = abi_name(gate().upper->abi);
  o.lower_mpi = lower_mpi_name(built_with_mpi());
  o.lower_mpi_version = real_version();
  o.application = window().executable;
  o.verbose = options().verbose;
  o.note_descriptor = note_lower_descriptor;
  return o;
}

/// Connections of relays to one place; for tests MANA_RELAY_FAN_OUT makes small jobs deep.
int fan_out() {
  const char* wish = std::getenv("MANA_RELAY_FAN_OUT");
  return wish == nullptr ? relay_fan_out : std::max(std::atoi(wish), 1);
}

/// What the relay of this rank's node listens under.
std::string relay_name(const RealMpi& real, const Endpoint& coordinator) { return coordinator.relays + "-" + std::to_string(real.node); }

/// Rank 0's coordinator, announced to everybody; an empty text announces that it could not be started.
std::string announce_endpoint(const RealMpi& real) {
  std::string text;
  if (real.rank == 0) {
    auto started = Coordinator::start(coordinator_options(real));
    if (started) {
      the_job.coordinator = std::move(*started);
      text = the_job.coordinator->endpoint().serialize();
    } else {
      say_line(started.error().message);
    }
  }
  share_bytes(text, real.rank);
  return text;
}

/// In rank 0, on its agent's thread, when the old coordinator no longer answers: its thread or its sockets broke.
Result<void> revive_coordinator(CoordinatorOptions wishes) {
  say_line("starting a new coordinator");
  the_job.coordinator.reset();
  auto started = Coordinator::start(std::move(wishes));
  if (!started) return Error{"no new coordinator: " + started.error().message};
  the_job.coordinator = std::move(*started);
  return {};
}

RelayOptions relay_options(const RealMpi& real, const Endpoint& coordinator) {
  RelayOptions o;
  o.ranks = real.size;
  o.own_rank = real.rank;
  o.name = relay_name(real, coordinator);
  o.for_relays = real.nodes - 1 > fan_out();
  o.loopback_only = real.one_host;
  o.directory = options().checkpoint_directory;
  o.verbose = options().verbose;
  o.note_descriptor = note_lower_descriptor;
  return o;
}

/// Listens and connects; the addresses of all relays are exchanged when some of them connect to others.
Result<void> start_relay(const RealMpi& real, const Endpoint& coordinator) {
  const RelayOptions wishes = relay_options(real, coordinator);
  auto relay = Relay::listen(coordinator, wishes);
  std::string own;
  if (relay && wishes.for_relays) own = (*relay)->endpoint().serialize();
  std::vector<Endpoint> upwards{coordinator};
  if (wishes.for_relays) {
    const auto texts = share_by_node(own, real);
    if (const int above = relay_above(real.node, fan_out()); above != 0)
      if (auto endpoint = Endpoint::parse(texts[static_cast<std::size_t>(above)])) upwards.insert(upwards.begin(), *endpoint);
  }
  if (!relay) return relay.error();
  if (auto started = (*relay)->start(upwards); !started) return started;
  the_job.relay = std::move(*relay);
  return {};
}

/// In the lowest rank of a node, on its agent's thread, when the relay no longer answers.
Result<void> revive_relay(const RelayOptions& wishes, const Endpoint& coordinator) {
  say_line("starting a new relay to the coordinator");
  the_job.relay.reset();
  auto relay = Relay::listen(coordinator, wishes);
  if (!relay) return relay.error();
  if (auto started = (*relay)->start({coordinator}); !started) return started;
  the_job.relay = std::move(*relay);
  return {};
}

/// Relays of all nodes but the first, where the coordinator is. A node whose relay could not be started does without.
void start_relays(const RealMpi& real, const Endpoint& coordinator) {
  if (real.nodes == 1) return;
  if (real.lowest_of_node && real.node != 0) {
    if (auto started = start_relay(real, coordinator); !started) say_line(started.error().message);
  } else if (real.nodes - 1 > fan_out()) {
    share_by_node("", real);
  }
  wait_for_all();
}

AgentOptions agent_options(const RealMpi& real, const Endpoint& coordinator) {
  AgentOptions o;
  o.verbose = options().verbose;
  o.note_descriptor = note_lower_descriptor;
  o.directory = options().checkpoint_directory;
  o.speaks_for_node = real.lowest_of_node;
  if (real.node != 0) o.relay = Relay::endpoint_on_node(coordinator, relay_name(real, coordinator));
  if (real.rank == 0)
    o.revive = [wishes = coordinator_options(real), coordinator]() mutable {
      wishes.token = coordinator.token;
      wishes.relays = coordinator.relays;
      return revive_coordinator(wishes);
    };
  else if (the_job.relay)
    o.revive = [wishes = relay_options(real, coordinator), coordinator] { return revive_relay(wishes, coordinator); };
  return o;
}

AgentOptions member_options() {
  AgentOptions o;
  o.note_descriptor = note_lower_descriptor;
  o.speaks_for_node = false;  // when its head has ended it runs on
  o.about = {{"id", window().program_process}};
  o.hear = hear_family;
  return o;
}

/// A program that a member of a family has executed, or a member that is restarted.
void join_as_member() {
  const int rank = options().member_of;
  const auto text = read_text_file(job_file(options().checkpoint_directory), 1 << 16);
  const auto job = text ? Endpoint::parse(*text) : Result<Endpoint>(text.error());
  if (job && join_family(*job, rank)) return start_family(*job, rank);
  if (options().restart) complain("the parent of this child process can't be reached{}{}", job ? "" : ": ", job ? "" : job.error().message);
  if (options().verbose) say_line("this child process is not followed: its parent can't be reached");
}

}  // namespace

bool join_family(const Endpoint& job, int rank) {
  the_job.port = std::make_unique<GatePort>(0, 1);
  the_job.agent = std::make_unique<Agent>(family_endpoint(job, rank), 0, 1, *the_job.port, member_options());
  if (!the_job.agent->start()) return false;
  the_agent = the_job.agent.get();
  return true;
}

void abandon_job() {
  the_agent = nullptr;
  (void)the_job.coordinator.release();
  (void)the_job.relay.release();
  (void)the_job.port.release();
  (void)the_job.agent.release();
}

void join_job(const RealMpi& real) {
  if (is_member()) return join_as_member();
  std::string text = announce_endpoint(real);
  if (text.empty()) end_rank(1);
  auto endpoint = Endpoint::parse(text);
  if (!endpoint) complain("{}", endpoint.error().message);
  start_relays(real, *endpoint);
  the_job.port = std::make_unique<GatePort>(real.rank, real.size);
  the_job.agent = std::make_unique<Agent>(*endpoint, real.rank, real.size, *the_job.port, agent_options(real, *endpoint));
  if (auto started = the_job.agent->start(); !started) complain("{}", started.error().message);
  the_agent = the_job.agent.get();
  start_family(*endpoint, real.rank);
  if (take_early_request()) request_checkpoint();
}

bool request_checkpoint() {
  Agent* agent = the_agent;
  if (agent == nullptr) return false;
  agent->request_checkpoint();
  return true;
}

void leave_job() {
  if (is_member()) return;  // it may still write to others of the family; the kernel tells them when it has ended
  the_agent = nullptr;
  end_family();
  if (the_job.agent) the_job.agent->finish();
  if (the_job.relay) the_job.relay->finish(10000);
  if (the_job.coordinator) the_job.coordinator->finish(10000);
}

}  // namespace mana::lower
