// SPDX-License-Identifier: Apache-2.0
// Processors and scheduling classes of threads. The launcher places ranks; what the program has chosen itself is kept.
#pragma once

#include "common/thread_record.hpp"

namespace mana::lower {

/// Notes which processors the launcher gave this process. Call at a launch and at a restart, before any thread has others.
void note_launch_affinity();

/// Gives the calling kernel thread what `record` says the program had chosen for it: processors, if the new place has them; class; niceness.
void restore_scheduling(const ThreadRecord& record);

}  // namespace mana::lower
