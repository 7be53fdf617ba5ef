// SPDX-License-Identifier: Apache-2.0
// Terminals: pairs of pseudo-terminals whose master is the program's, and the terminal that the job was started from.
#pragma once

#include <sys/stat.h>

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mana::lower {

/// {kind: pty_master | pty_slave | terminal, …} for the image, with what is in flight; null: no terminal.
/// Agent thread, upper threads parked. What is in flight is taken out and put back: nobody can look at it in place.
nlohmann::json describe_terminal(int fd, const struct stat& facts, const std::string& link);

/// Restart: remakes the pairs and opens the restart's own terminal where the program had its own.
void remake_terminals(const nlohmann::json& entries);

/// Modes and size of the terminal that the program has in its foreground; null: it has none.
nlohmann::json describe_own_terminal();

/// Restart: puts the modes on the restart's own terminal, if it is in the foreground there; another size is told by SIGWINCH.
void restore_own_terminal(const nlohmann::json& described);

}  // namespace mana::lower
