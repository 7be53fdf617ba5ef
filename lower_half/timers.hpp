// SPDX-License-Identifier: Apache-2.0
// Timers and pending signals of the program: what the kernel would still have sent.
#pragma once

#include <csignal>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "common/thread_record.hpp"

namespace mana::lower {

/// Signals with all they carry.
using Signals = std::vector<siginfo_t>;

/// {interval: [...], posix: [...]}: what remains of setitimer, alarm and timer_create. Agent thread, upper threads parked.
nlohmann::json describe_timers();
/// Restart: starts them again with their remaining time. All signals are blocked in the calling thread.
void start_timers_again(const nlohmann::json& described);

/// Signals that wait for the process as a whole, with their siginfo; they stay pending. All signals are blocked in the calling
/// thread.
nlohmann::json describe_pending_signals();
void send_pending_signals_again(const nlohmann::json& described);

/// Signals that wait for one thread alone while it blocks them: [[record's address, [siginfo …]]]; they stay pending.
nlohmann::json describe_thread_signals();
/// Restart: those of one record's thread, and sending them to the calling thread.
Signals thread_signals(const nlohmann::json& described, const ThreadRecord& record);
void send_to_this_thread(const Signals& signals);

}  // namespace mana::lower
