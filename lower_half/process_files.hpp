// SPDX-License-Identifier: Apache-2.0
// Open files under /proc/PID: their paths name processes and threads by ids, which a restart changes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

namespace mana::lower {

/// {kind: process_file, …} for a descriptor whose link is a path below /proc/PID; null for others. Agent thread, upper threads parked.
nlohmann::json describe_process_file(int fd, const std::string& link);

/// Restart, when all threads have their kernel threads and all other descriptors are back: opens those of this process by the ids of now.
/// Those of a process that has ended since, or runs on another machine, read as a process's that has ended (ESRCH). Returns their numbers.
std::set<int> reopen_process_files(const nlohmann::json& described);

}  // namespace mana::lower
