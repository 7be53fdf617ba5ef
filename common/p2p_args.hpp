// SPDX-License-Identifier: Apache-2.0
// Point-to-point across the door: the part of a request that the lower half completes, and the argument structs of the
// hand-written entries in lower_half/custom_p2p.cpp. Handles are real ones, widened; ranks and tags have the values of
// the MPI-5 standard ABI. Every entry returns a standard error class (0 = success) or `not_yet`.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mana {

/// Returned by an entry that gave up waiting because `Gate::stop` is set.
inline constexpr std::int64_t not_yet = -1;
/// Returned by a wait that has nothing left to do but requests which only the upper half can complete.
inline constexpr std::int64_t not_here = -2;

/// The canonical status as the lower half writes it; same layout as `upper::Status`.
struct LowerStatus {
  std::int32_t source;
  std::int32_t tag;
  std::int32_t error;  // standard error class
  std::int32_t cancelled;
  std::int64_t count_bytes;
};

enum class RequestState : std::uint32_t { inactive = 0, active = 1, complete = 2 };

/// What completing a request does to the job-wide message counters of `UpperInterface`. After MPI_Cancel it depends on
/// the status: a cancelled receive has received nothing, a cancelled send was none.
///
/// `operation`: a nonblocking collective, request-based RMA or file operation. It is counted as a message that its rank
/// sends to itself: the drain, which ends when all that was sent has been received, so ends after its completion.
/// `creation`: one that makes a communicator; `comm` gets the real handle that stands at `buffer`.
/// `elsewhere`: the upper half alone completes or starts it (generalized requests, partitioned receives that are not matched yet,
/// flushes of send buffers).
/// `foreign_receive`: from a process of another job, whose messages nobody drains.
///
/// `synchronous_send`: when it completes while the job is being stopped, the drain may have received its message, and not the
/// application: it becomes `unconfirmed` and stays active; nothing of it is left in the real MPI (upper_half/synchronous.hpp).
enum class Counts : std::uint32_t {
  nothing = 0,
  receive = 1,
  send = 2,
  cancelled_receive = 3,
  cancelled_send = 4,
  operation = 5,
  synchronous_send = 6,
  unconfirmed = 7,
  creation = 8,
  elsewhere = 9,
  foreign_receive = 10
};

enum class SendMode : std::uint8_t { standard = 0, synchronous = 1, ready = 2 };
enum class RequestKind : std::uint8_t { send, receive, buffered_send, collective, generalized, window, file, flush };

namespace upper {
struct Comm;
struct Datatype;
}  // namespace upper

/// What both halves know of a request. The lower half starts the operation that the second part describes, and when it is
/// done sets `state` to complete, fills `status` and counts, all in one place (MPI 4.1 §3.7.3).
struct RequestCell {
  std::uint64_t real;
  RequestState state;
  Counts counts;
  LowerStatus status;
  // --- second cache line: what posting it (again) takes
  RequestKind kind;
  SendMode mode;
  volatile std::uint16_t waiters;  // threads that have handed the cell to the lower half; the drain keeps off
  std::uint32_t special;           // upper half's: not the plain case
  void* buffer;
  std::int64_t count;
  upper::Datatype* type;  // null: bytes
  upper::Comm* comm;
  std::int32_t peer;
  std::int32_t tag;
  std::uint64_t sequence;  // order of posting
};

/// Where the cell stands in an upper-half request: requests are passed down as they are.
inline constexpr std::size_t request_cell_offset = 24;
/// Where the real handle stands in an upper-half communicator and datatype.
inline constexpr std::size_t object_real_offset = 24;

inline RequestCell& cell_of(void* request) { return *reinterpret_cast<RequestCell*>(static_cast<unsigned char*>(request) + request_cell_offset); }
inline std::uint64_t real_of(const void* object) {
  return *reinterpret_cast<const std::uint64_t*>(static_cast<const unsigned char*>(object) + object_real_offset);
}
inline void set_real(void* object, std::uint64_t real) { *reinterpret_cast<std::uint64_t*>(static_cast<unsigned char*>(object) + object_real_offset) = real; }

/// send (blocking). isend and irecv take the request itself.
struct SendArguments {
  const void* buffer;
  std::int64_t count;
  std::uint64_t type;  // 0: `count` bytes
  std::uint64_t comm;
  std::int32_t dest;
  std::int32_t tag;
  SendMode mode;
};

/// recv, mrecv, imrecv. A blocking one that returns `not_yet` leaves its pending request in `request`; a blocking one that
/// completes has counted the message, unless `source` is MPI_PROC_NULL.
struct ReceiveArguments {
  void* buffer;
  std::int64_t count;
  std::uint64_t type;  // 0: `count` bytes
  std::uint64_t comm;  // unused by mrecv, imrecv
  std::int32_t source;
  std::int32_t tag;
  std::uint64_t message;  // in, mrecv and imrecv
  std::uint64_t request;  // out
  std::uint64_t ignore;   // nobody will read the status, only the error
  LowerStatus status;     // out, when complete
};

/// fast_recv: `status` is written when `wanted` and the receive is complete; else `request` is the pending request.
struct FastReceive {
  LowerStatus status;
  std::uint64_t request;
  std::uint64_t wanted;
};

/// sendrecv. `sent` (out): the send was done, whatever became of the receive.
struct SendReceiveArguments {
  SendArguments send;
  ReceiveArguments receive;
  std::uint32_t sent;
  std::uint32_t reserved;
};

/// How many receives the upper half puts off at most.
inline constexpr int most_deferred = 64;
/// How many requests MPI_Waitall waits for in one go.
inline constexpr int most_at_once = 256;

/// post: receives that are described and called active, but not known to the real MPI yet. One that it refuses is complete
/// with the error.
struct PostArguments {
  void* const* requests;
  std::int64_t count;
};

/// complete_all, complete_some: `requests` are upper-half requests, those that are not active are passed over.
/// complete_all waits for (blocking) or looks for all of them, complete_some for at least one. `ignore`: nobody will read
/// the statuses, only the errors. `posts` are posted first.
struct CompleteArguments {
  PostArguments posts;
  void* const* requests;
  std::int64_t count;
  std::uint32_t blocking;
  std::uint32_t ignore;
  std::int64_t complete;  // out: how many this call completed
};

/// probe, mprobe.
struct ProbeArguments {
  std::uint64_t comm;
  std::int32_t source;
  std::int32_t tag;
  std::uint32_t blocking;
  std::uint32_t found;    // out
  std::uint64_t message;  // out, mprobe; 0 for MPI_MESSAGE_NO_PROC
  LowerStatus status;     // out
};

/// What became of a synchronous send, asked of the rank that has its message.
struct Question {
  std::uint64_t comm;   // agreed id
  std::uint64_t later;  // sends of the same envelope after it
  std::int32_t source;  // the sender, as the receiver's status names it
  std::int32_t tag;
  std::int32_t ack_tag;     // of the acknowledgement
  std::int32_t world_rank;  // of the sender
  std::uint32_t round;
  std::uint32_t reserved;
};

/// note_send: a question (tag 0) or an acknowledgement (any other tag, no data) to a world rank, on a communicator of our own.
/// note_take: a question that has arrived, if there is one.
struct NoteArguments {
  std::int32_t world_rank;
  std::int32_t tag;
  std::uint32_t found;  // out, note_take
  Question question;
};

/// await_acknowledgement: the active request completes with this acknowledgement.
struct AcknowledgementArguments {
  void* request;
  std::int32_t world_rank;
  std::int32_t tag;
};

/// unpack: `bytes` of a message go into `count` of `type` at `buffer`, with all the rules of a receive (truncation, partial last element).
/// pack: the other way; `bytes` is the room at `packed` on entry and the size on return.
struct PackArguments {
  void* packed;
  std::int64_t bytes;
  void* buffer;
  std::int64_t count;
  std::uint64_t type;
  LowerStatus status;  // out, unpack
};

}  // namespace mana
