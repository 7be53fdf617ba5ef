// SPDX-License-Identifier: Apache-2.0
// Buffered sends (MPI 4.1 §3.6): ours, so that they survive a restart. The message is packed into upper-half memory and
// sent by a request of its own; the attached buffer only sets the limit.
#pragma once

#include "upper_half/objects.hpp"

namespace mana::upper {

/// Packs, sends, returns at once. ERR_BUFFER when the attached buffer could not hold the message.
int start_buffered_send(const void* buffer, std::int64_t count, Datatype* type, int dest, int tag, Comm* comm);

}  // namespace mana::upper
