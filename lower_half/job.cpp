// SPDX-License-Identifier: Apache-2.0
#include "lower_half/job.hpp"

#include <atomic>
#include <memory>

#include "common/generation.hpp"
#include "coordinator/agent.hpp"
#include "coordinator/coordinator.hpp"
#include "lower_half/complain.hpp"
#include "lower_half/descriptors.hpp"
#include "lower_half/gate_page.hpp"
#include "lower_half/gate_port.hpp"
#include "lower_half/options.hpp"
#include "lower_half/request_signal.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

struct Job {
  std::unique_ptr<Coordinator> coordinator;  // rank 0 only
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
  if (!started) return started.error();
  the_job.coordinator = std::move(*started);
  return {};
}

}  // namespace

void join_job(const RealMpi& real) {
  std::string text = announce_endpoint(real);
  if (text.empty()) end_rank(1);
  auto endpoint = Endpoint::parse(text);
  if (!endpoint) complain("{}", endpoint.error().message);
  the_job.port = std::make_unique<GatePort>(real.rank, real.size);
  AgentOptions agent_options;
  agent_options.verbose = options().verbose;
  agent_options.note_descriptor = note_lower_descriptor;
  agent_options.directory = options().checkpoint_directory;
  if (real.rank == 0)
    agent_options.revive_coordinator = [wishes = coordinator_options(real), token = endpoint->token]() mutable {
      wishes.token = token;
      return revive_coordinator(wishes);
    };
  the_job.agent = std::make_unique<Agent>(*endpoint, real.rank, real.size, *the_job.port, agent_options);
  if (auto started = the_job.agent->start(); !started) complain("{}", started.error().message);
  the_agent = the_job.agent.get();
  if (take_early_request()) request_checkpoint();
}

bool request_checkpoint() {
  Agent* agent = the_agent;
  if (agent == nullptr) return false;
  agent->request_checkpoint();
  return true;
}

void leave_job() {
  the_agent = nullptr;
  if (the_job.agent) the_job.agent->finish();
  if (the_job.coordinator) the_job.coordinator->finish(10000);
}

}  // namespace mana::lower
