// SPDX-License-Identifier: Apache-2.0
// Buffered sends (MPI 4.1 §3.6): ours, so that they survive a restart. The message is packed into upper-half memory and
// sent by a request of its own; an attached buffer only sets the limit.
#pragma once

#include "upper_half/request.hpp"

namespace mana::upper {

/// A buffer attached to a communicator, a session or the process; a message counts for the one that it was sent with. It goes
/// when it is no longer attached and the last of its messages has left. Guarded by RequestLock.
struct SendBuffer {
  void* address;
  std::int64_t bytes;
  bool automatic;  ///< MPI_BUFFER_AUTOMATIC: no limit
  bool attached = true;
  std::int64_t occupied = 0;  ///< bytes of messages that have not left
  std::int64_t messages = 0;
};

/// Packs, sends, returns at once. ERR_BUFFER when the buffer for this communicator could not hold the message.
int start_buffered_send(const void* buffer, std::int64_t count, Datatype* type, int dest, int tag, Comm* comm);
/// A buffered send is complete: its room is free.
void leave_buffer(const Request* sent);
/// The owner of the buffer goes; messages in it are still sent. Makes `*place` null, accepts one that is.
void abandon_buffer(SendBuffer** place);

/// Flushes (MPI_Buffer_iflush and its kin) that have not completed: active requests with `Counts::elsewhere`.
extern volatile std::uint32_t pending_flushes;
/// Completes those whose messages have left.
void complete_flushes();

}  // namespace mana::upper
