// SPDX-License-Identifier: Apache-2.0
// Process state beside memory and MPI that an image keeps: descriptors, directory, dispositions, facts for the restart.
#pragma once

#include <nlohmann/json.hpp>

namespace mana::lower {

/// For the image: {cwd, umask, contract, executable, fds, timers, pending, limits, nice, monotonic_ns}. Agent thread, upper threads parked.
nlohmann::json describe_process();

/// Restart, after memory is back: directory, umask, files and signal dispositions. Ends the rank with one line on failure.
void restore_process(const nlohmann::json& described);

/// The last step before the threads run again: their timers count on.
void restart_timers(const nlohmann::json& described);

}  // namespace mana::lower
