// SPDX-License-Identifier: Apache-2.0
// Threads of the application: every one gets a record, a lower TLS and a lower stack.
#pragma once

#include "upper_half/objects.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {

/// Makes the calling thread an attached upper thread: fills `record`, sets %gs, links it for the agent.
void attach_this_thread(ThreadRecord& record);

}  // namespace mana::upper
