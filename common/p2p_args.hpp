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

/// The canonical status as the lower half writes it; same layout as `upper::Status`.
struct LowerStatus {
  std::int32_t source;
  std::int32_t tag;
  std::int32_t error;      // standard error class
  std::int32_t cancelled;
  std::int64_t count_bytes;
};

enum class RequestState : std::uint32_t { inactive = 0, active = 1, complete = 2 };

/// What completing a request does to the job-wide message counters of `UpperInterface`.
enum class Counts : std::uint32_t { nothing = 0, receive = 1, send = 2 };

/// The half-crossing part of a request. The lower half sets `state` to complete, fills `status`, clears `real` and
/// counts, all in one place (MPI 4.1 §3.7.3).
struct RequestCell {
  std::uint64_t real;
  RequestState state;
  Counts counts;
  LowerStatus status;
};

/// Where the cell stands in an upper-half request: arrays of requests are passed down as they are.
inline constexpr std::size_t request_cell_offset = 24;

inline RequestCell& cell_of(void* request) {
  return *reinterpret_cast<RequestCell*>(static_cast<unsigned char*>(request) + request_cell_offset);
}

enum class SendMode : std::uint32_t { standard = 0, synchronous = 1, ready = 2 };

/// send (blocking), isend.
struct SendArguments {
  const void* buffer;
  std::int64_t count;
  std::uint64_t type;      // 0: `count` bytes
  std::uint64_t comm;
  std::int32_t dest;
  std::int32_t tag;
  SendMode mode;
  std::uint32_t reserved;
  std::uint64_t request;   // out, isend
};

/// recv, irecv, mrecv, imrecv. A blocking one that returns `not_yet` leaves its pending request in `request`; a blocking
/// one that completes has counted the message, unless `source` is MPI_PROC_NULL.
struct ReceiveArguments {
  void* buffer;
  std::int64_t count;
  std::uint64_t type;      // 0: `count` bytes
  std::uint64_t comm;      // unused by mrecv, imrecv
  std::int32_t source;
  std::int32_t tag;
  std::uint64_t message;   // in, mrecv and imrecv
  std::uint64_t request;   // out
  LowerStatus status;      // out, when complete
};

/// sendrecv. `sent` (out): the send was done, whatever became of the receive.
struct SendReceiveArguments {
  SendArguments send;
  ReceiveArguments receive;
  std::uint32_t sent;
  std::uint32_t reserved;
};

/// complete_all, complete_some: `requests` are upper-half requests, those that are not active are passed over.
/// complete_all stops at the first incomplete one; blocking: waits for every one. complete_some makes one attempt at all
/// of them; blocking: until at least one is complete. `complete` (out): how many this call completed.
struct CompleteArguments {
  void* const* requests;
  std::int64_t count;
  std::uint32_t blocking;
  std::uint32_t reserved;
  std::int64_t complete;
};

/// probe, mprobe.
struct ProbeArguments {
  std::uint64_t comm;
  std::int32_t source;
  std::int32_t tag;
  std::uint32_t blocking;
  std::uint32_t found;     // out
  std::uint64_t message;   // out, mprobe; 0 for MPI_MESSAGE_NO_PROC
  LowerStatus status;      // out
};

/// unpack: `bytes` of a message go into `count` of `type` at `buffer`, with all the rules of a receive (truncation, partial last element).
/// pack: the other way; `bytes` is the room at `packed` on entry and the size on return.
struct PackArguments {
  void* packed;
  std::int64_t bytes;
  void* buffer;
  std::int64_t count;
  std::uint64_t type;
  LowerStatus status;      // out, unpack
};

}  // namespace mana
