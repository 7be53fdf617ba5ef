// SPDX-License-Identifier: Apache-2.0
// Threads of the upper half that are in nobody's list: those that libc makes for itself (aio_read, getaddrinfo_a, mq_notify) and those
// made by clone(2). They don't stop for a checkpoint.
#pragma once

#include <string>

namespace mana::lower {

/// Waits until they have ended, for some seconds (idle ones of libc end by themselves after one second); returns the names of those
/// that have not, "" if there are none. Agent thread, upper threads parked.
std::string threads_that_stay();

}  // namespace mana::lower
