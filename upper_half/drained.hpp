// SPDX-License-Identifier: Apache-2.0
// Messages that the drain has received for the application before it asked for them. They are older than anything the
// real MPI still holds from the same sender on the same communicator, so every receive and probe looks here first
// (MPI 4.1 §3.5, order; §3.8, matched probe).
#pragma once

#include <cstdint>

#include "common/mpi_constants.hpp"
#include "upper_half/caution.hpp"
#include "upper_half/objects.hpp"

namespace mana::upper {

/// One message: `bytes` of packed data follow the struct, in the order of the sender's type map.
struct DrainedMessage {
  DrainedMessage* next = nullptr;
  Comm* comm = nullptr;  ///< referenced
  std::int32_t source = 0;
  std::int32_t tag = 0;
  std::int64_t bytes = 0;
  std::int32_t waiting_sender = -1;  ///< world rank whose synchronous send completes with the delivery, or -1
  std::int32_t ack_tag = 0;

  unsigned char* data() { return reinterpret_cast<unsigned char*>(this + 1); }
  /// A message with room for `bytes`, in the arena; give it back with arena_release().
  static DrainedMessage* make(Comm* comm, std::int32_t source, std::int32_t tag, std::int64_t bytes) {
    auto* m = new (arena_allocate(sizeof(DrainedMessage) + static_cast<std::size_t>(bytes))) DrainedMessage;
    m->comm = comm;
    m->source = source;
    m->tag = tag;
    m->bytes = bytes;
    return m;
  }
  bool matches(const Comm* wanted, std::int32_t from, std::int32_t with) const {
    return comm == wanted && (from == mpi::ANY_SOURCE || from == source) && (with == mpi::ANY_TAG || with == tag);
  }
};

/// All drained messages of the rank in order of arrival. Not thread-safe by itself.
class DrainedQueue {
 public:
  template <class F>
  void each(F f) const {
    for (DrainedMessage* m = first_; m != nullptr; m = m->next) f(m);
  }
  bool empty() const { return first_ == nullptr; }
  void push(DrainedMessage* m) {
    m->next = nullptr;
    *(last_ == nullptr ? &first_ : &last_->next) = m;
    last_ = m;
    set_caution(caution::drained);
  }
  /// The first message that a receive with these arguments would get; null if there is none.
  [[gnu::always_inline]] DrainedMessage* find(const Comm* comm, std::int32_t source, std::int32_t tag) const {
    DrainedMessage* m = first_;
    while (m != nullptr && !m->matches(comm, source, tag)) m = m->next;
    return m;
  }
  /// As find(), and removes it from the queue.
  DrainedMessage* take(const Comm* comm, std::int32_t source, std::int32_t tag) {
    DrainedMessage* before = nullptr;
    for (DrainedMessage* m = first_; m != nullptr; before = m, m = m->next) {
      if (!m->matches(comm, source, tag)) continue;
      (before == nullptr ? first_ : before->next) = m->next;
      if (last_ == m) last_ = before;
      m->next = nullptr;
      if (first_ == nullptr) set_caution(caution::drained, false);
      return m;
    }
    return nullptr;
  }

 private:
  DrainedMessage* first_ = nullptr;
  DrainedMessage* last_ = nullptr;
};

extern DrainedQueue drained_messages;

/// Delivers a message as a receive of `count` elements of `type` (null: bytes), and releases it. Returns the receive's
/// error class, in `status->error` too.
int deliver(DrainedMessage* message, void* buffer, std::int64_t count, Datatype* type, Status* status);

/// Receives a matched message of the real MPI into upper-half memory, counts it, and returns it.
DrainedMessage* receive_into_memory(std::uint64_t real_message, Comm* comm, const Status& envelope);

}  // namespace mana::upper
