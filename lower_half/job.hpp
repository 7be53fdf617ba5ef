// SPDX-License-Identifier: Apache-2.0
// This rank's membership in its job: the coordinator (in rank 0) and the agent.
#pragma once

#include "coordinator/protocol.hpp"
#include "lower_half/mpi_startup.hpp"

namespace mana::lower {

/// Starts the coordinator (rank 0) and this rank's agent. Collective, right after the real MPI has come up. Ends the rank on failure.
void join_job(const RealMpi& real);

/// Asks for a checkpoint; false when the job has not been joined yet. Async-signal-safe, with the lower FS base.
bool request_checkpoint();

/// A followed child joins the family of the program's rank `rank`; false if it can't.
bool join_family(const Endpoint& job, int rank);

/// In a forked child: forgets the parent's agent and coordinator, whose threads it doesn't have.
void abandon_job();

/// Leaves the coordinator before the real MPI goes down.
void leave_job();

}  // namespace mana::lower
