// SPDX-License-Identifier: Apache-2.0
// POSIX message queues: named objects of the kernel, which outlive the process but not the node.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mana::lower {

/// {kind: mqueue, …} with attributes and messages; null: no message queue. Agent thread, upper threads parked. Messages are taken out
/// and put back in their order: nobody can look at them in place.
nlohmann::json describe_message_queue(int fd, const std::string& link);

/// Restart: opens the queue that has the name, as it is then, or makes it again with the messages it had; -1 and errno: neither.
int remake_message_queue(const nlohmann::json& entry);

}  // namespace mana::lower
