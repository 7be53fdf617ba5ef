// SPDX-License-Identifier: Apache-2.0
// Stopping and resuming the upper threads of this rank. Agent thread only.
#pragma once

#include <cstdint>
#include <string>

#include "common/thread_record.hpp"

namespace mana::lower {

/// A checkpoint has been asked for: from now on collectives take their slow path, in every thread.
void announce_request(std::uint32_t request);
/// The cut is reached: every upper thread goes to the checkpoint line.
void stop_upper_threads();
/// Repeats the stop signal, every few milliseconds, to the threads that run outside of our wrappers: one that came while a thread was in
/// the kernel's vDSO has done nothing. Call under the lists' lock.
void remind_upper_threads(UpperInterface& upper);
/// Repeats the stop signal to threads that have not parked; true when all have, or all but the one that drains. `why`: who has not.
bool upper_threads_parked(std::string* why, bool with_draining_thread);
/// The round is over, committed or given up: everybody goes on.
void resume_upper_threads();

}  // namespace mana::lower
