// SPDX-License-Identifier: Apache-2.0
// Sockets across a restart: pairs inside of the process stay connected, with what is in flight; listening and bound ones come
// back at their address; a peer outside of the process reads as gone.
#pragma once

#include <sys/stat.h>

#include <nlohmann/json_fwd.hpp>

namespace mana::lower {

/// {kind: "socket", …}. Agent thread, upper threads parked.
nlohmann::json describe_socket(int fd, const struct stat& facts);

/// Restart: remakes every entry of kind "socket".
void remake_sockets(const nlohmann::json& entries);

}  // namespace mana::lower
