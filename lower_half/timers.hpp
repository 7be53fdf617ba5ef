// SPDX-License-Identifier: Apache-2.0
// Timers and pending signals of the program: what the kernel would still have sent.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

namespace mana::lower {

/// {interval: [...], posix: [...]}: what remains of setitimer, alarm and timer_create. Agent thread, upper threads parked.
nlohmann::json describe_timers();
/// Restart: starts them again with their remaining time. All signals are blocked in the calling thread.
void start_timers_again(const nlohmann::json& described);

/// Signals that wait for the process as a whole, with their siginfo; they stay pending. All signals are blocked in the calling
/// thread.
nlohmann::json describe_pending_signals();
void send_pending_signals_again(const nlohmann::json& described);

/// Signals that wait for one thread while it blocks them: [[record's address, signals as bits]]; without their siginfo.
nlohmann::json describe_thread_signals();
/// Restart: the bits of one record's thread, and sending them to the calling thread.
std::uint64_t thread_signals(const nlohmann::json& described, std::uint64_t record);
void send_to_this_thread(std::uint64_t signals);

}  // namespace mana::lower
