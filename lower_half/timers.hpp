// SPDX-License-Identifier: Apache-2.0
// Timers and pending signals of the program: what the kernel would still have sent.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace mana::lower {

/// {interval: [...], posix: [...]}: what remains of setitimer, alarm and timer_create. Agent thread, upper threads parked.
nlohmann::json describe_timers();
/// Restart: starts them again with their remaining time. All signals are blocked in the calling thread.
void start_timers_again(const nlohmann::json& described);

/// Signals that wait for the process as a whole, with their siginfo; they stay pending. All signals are blocked in the calling thread.
nlohmann::json describe_pending_signals();
void send_pending_signals_again(const nlohmann::json& described);

}  // namespace mana::lower
