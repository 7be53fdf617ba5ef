// SPDX-License-Identifier: Apache-2.0
// Bytes of drained messages: taking them from the real MPI, and handing them to the application's receive.
#include "upper_half/drained.hpp"

#include "upper_half/comm.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/request.hpp"
#include "upper_half/synchronous.hpp"

namespace mana::upper {

constinit DrainedQueue drained_messages;

int deliver(DrainedMessage* message, void* buffer, std::int64_t count, Datatype* type, Status* status) {
  PackArguments a{message->data(), message->bytes, buffer, count, type != nullptr ? type->real.bits : 0, {}};
  auto error = static_cast<int>(cross(&a, LowerEntry::custom_unpack));
  *status = {message->source, message->tag, error, 0, a.status.count_bytes};
  acknowledge(message);
  release(message->comm);
  arena_release(message);
  return error;
}

DrainedMessage* receive_into_memory(std::uint64_t real_message, Comm* comm, const Status& envelope) {
  DrainedMessage* message = DrainedMessage::make(comm, envelope.source, envelope.tag, envelope.count_bytes);
  retain(comm);
  Request* r = new_request(RequestKind::receive);
  ReceiveArguments a{};
  a.buffer = message->data();
  a.count = message->bytes;
  a.message = real_message;
  auto error = static_cast<int>(cross(&a, LowerEntry::custom_imrecv));
  if (error != 0) fatal("can't receive a message in flight (error class %d)", error);
  activate(r, a.request, Counts::receive);
  while (r->is_active()) poll_in_order(&r, 1);
  release_request(r);
  return message;
}

}  // namespace mana::upper
