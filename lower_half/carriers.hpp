// SPDX-License-Identifier: Apache-2.0
// Carriers: lower-half pthreads that lend their TLS and stack to upper threads, and the lower side of parking.
#pragma once

#include <functional>

#include "common/gate.hpp"
#include "common/thread_record.hpp"
#include "lower_half/timers.hpp"

namespace mana::lower {

/// Starts the thread that makes carriers on request. Call once, with signals blocked in it from the start.
void start_carrier_factory();
/// In a forked child, which has none of its parent's threads.
void restart_carrier_factory();

/// Gate::attach_thread and Gate::detach_thread: called on the upper stack with the upper FS base.
int attach_thread(ThreadRecord* record);
void detach_thread(ThreadRecord* record);

/// Enters the upper half at `entry` with stack pointer `stack` on the calling (main) thread; afterwards this thread is the
/// main upper thread's lower host. Never returns.
[[noreturn]] void enter_upper(std::uint64_t entry, std::uint64_t stack);

/// Restart: gives `record` back its life on the calling thread. Never returns.
/// `pending`: signals that wait for it alone while it blocks them.
[[noreturn]] void resume_record(ThreadRecord* record, const Signals& pending);

/// Restart: the calling thread is the kernel thread of `record` from now on. Call it before resume_record().
void take_kernel_thread(ThreadRecord& record);

/// Restart: makes a kernel thread for every record but the main thread's; they wait. `pending` tells what waits for a record's thread.
void make_other_threads(UpperInterface& upper, const std::function<Signals(const ThreadRecord&)>& pending);
/// Lets them go on.
void resume_other_threads();

/// Has a thread of the program that is parked run a function on its lower stack; false: it did not come to it. Agent thread, in a round.
bool on_parked_thread(const ThreadRecord& record, void (*errand)(void*), void* argument);

}  // namespace mana::lower
