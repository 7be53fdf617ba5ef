// SPDX-License-Identifier: Apache-2.0
// A command's side of the conversation with a job's coordinator.
#pragma once

#include <string>

#include "coordinator/connection.hpp"

namespace mana {

/// `name`: a checkpoint directory (its job.json), or the id of a batch job of this user.
Result<Connection> connect_to_job(const std::string& name);

/// Returns when the generation is committed: {generation, time, bytes, seconds, ranks, path}. 0: no time limit of our own.
Result<Message> ask_for_checkpoint(Connection& connection, bool kill, int timeout_ms);
Result<Message> ask_for_status(Connection& connection, int timeout_ms);
/// Until the coordinator's process is gone.
void wait_until_closed(Connection& connection, int timeout_ms);

/// ~/.cache/mana-split/jobs/ID names the checkpoint directory of a batch job. Best effort.
void remember_job(const std::string& job, const std::string& directory);
void forget_job(const std::string& job);

}  // namespace mana
