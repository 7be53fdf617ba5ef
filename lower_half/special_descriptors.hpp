// SPDX-License-Identifier: Apache-2.0
// Descriptors that no path leads to: pipes, sockets, and what the kernel counts and waits with.
#pragma once

#include <sys/stat.h>

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mana::lower {

/// {kind, …} for the image, with the data in flight; {lost: why} for what can't be kept; null for files that have a path.
/// Agent thread, upper threads parked; the state of the descriptor is left as it is.
nlohmann::json describe_special(int fd, const struct stat& facts, const std::string& link);

/// Restart: remakes all entries with a `kind` at their numbers, which placeholders occupy; says what is altered.
void remake_special(const nlohmann::json& entries);

/// Restart, when every other descriptor is back: what epoll instances watch.
void watch_again(const nlohmann::json& entries);

/// flock, fcntl and OFD locks held through a descriptor: [[kind, type, start, end]].
nlohmann::json describe_locks(int fd);
void lock_again(int fd, const nlohmann::json& locks);

/// Puts `made` at the number that the entry names, with its flags, and closes `made`.
void place_descriptor(int made, const nlohmann::json& entry);

}  // namespace mana::lower
