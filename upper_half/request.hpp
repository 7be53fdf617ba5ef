// SPDX-License-Identifier: Apache-2.0
// Requests: one cell for every operation that the application can wait for (MPI 4.1 §3.7.3, §3.9). Cells come from a
// pool and never move; the lower half completes them in place. Persistent requests exist only here: each Start is a
// fresh nonblocking operation of the real MPI, so nothing of them has to be remade after a restart.
#pragma once

#include "common/mpi_constants.hpp"
#include "common/p2p_args.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/objects.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {

enum class RequestKind : std::uint8_t { send, receive, buffered_send, collective, generalized };

struct Request : Object {
  RequestCell cell{};
  RequestKind kind = RequestKind::send;
  bool persistent = false;
  bool detached = false;   ///< freed by the application (or ours alone) while active: released when complete
  bool cancelling = false; ///< MPI_Cancel was called while active
  SendMode mode = SendMode::standard;
  std::int32_t peer = 0;
  std::int32_t tag = 0;
  /// What is needed to post it again: set for receives and persistent requests, which hold a reference to type and comm.
  void* buffer = nullptr;
  std::int64_t count = 0;
  Datatype* type = nullptr;  ///< null: bytes
  Comm* comm = nullptr;
  std::uint64_t sequence = 0;        ///< order of posting
  void* owned = nullptr;             ///< arena block to release with the request
  volatile std::uint32_t waiters = 0;///< threads that have handed the cell to the lower half; the drain keeps off
  Request* next_free = nullptr;

  bool is_active() const { return cell.state == RequestState::active; }
  bool is_complete() const { return cell.state == RequestState::complete; }
};
static_assert(sizeof(Object) == request_cell_offset);
static_assert(sizeof(Status) == sizeof(LowerStatus) && offsetof(Status, count_bytes) == offsetof(LowerStatus, count_bytes));

[[gnu::always_inline]] inline Status as_status(const LowerStatus& s) {
  return {s.source, s.tag, s.error, s.cancelled, s.count_bytes};
}
[[gnu::always_inline]] inline LowerStatus as_lower(const Status& s) {
  return {s.source, s.tag, s.error, s.cancelled, s.count_bytes};
}

/// The result of waiting for nothing (MPI 4.1 §3.7.3: empty status).
inline constexpr Status empty_status{mpi::ANY_SOURCE, mpi::ANY_TAG, 0, 0, 0};

/// All requests of the rank. Not thread-safe by itself: see RequestLock.
class RequestPool {
 public:
  /// A cell in state inactive; its other fields are as its last user left them, except those that `release` resets.
  [[gnu::always_inline]] Request* acquire() {
    Request* r = free_;
    if (__builtin_expect(r == nullptr, 0)) r = grow();
    free_ = r->next_free;
    r->freed = 0;
    return r;
  }
  [[gnu::always_inline]] void release(Request* r) {
    r->cell.state = RequestState::inactive;
    r->freed = 1;
    r->next_free = free_;
    free_ = r;
  }
  /// Calls f(Request*) for every request that is in use, in no particular order.
  template <class F>
  void each(F f) {
    for (Request* chunk : chunks_)
      for (std::uint32_t i = 0; i < chunk_requests; ++i)
        if (chunk[i].freed == 0) f(chunk + i);
  }

 private:
  static constexpr std::uint32_t chunk_requests = 256;
  Request* grow();
  Request* free_ = nullptr;
  Vector<Request*> chunks_;
};

extern RequestPool requests;

/// MPI_REQUEST_NULL.
extern Request null_request;

/// True when the application asked for MPI_THREAD_MULTIPLE.
[[gnu::always_inline]] inline bool threads_multiple() {
  return __builtin_expect(gate().upper->thread_level == mpi::THREAD_MULTIPLE, 0);
}

/// Guards pool, messages, drained messages and detached requests; does something only under MPI_THREAD_MULTIPLE. Nests.
class RequestLock {
 public:
  [[gnu::always_inline]] RequestLock() : taken_(threads_multiple()) {
    if (__builtin_expect(taken_, 0)) enter();
  }
  [[gnu::always_inline]] ~RequestLock() {
    if (__builtin_expect(taken_, 0)) leave();
  }
  RequestLock(const RequestLock&) = delete;

 private:
  static void enter();
  static void leave();
  bool taken_;
};

/// Adds to one of the job-wide message counters, which the drain's agreement needs to be exact.
[[gnu::always_inline]] inline void add_to(volatile std::uint64_t& counter, std::uint64_t n) {
  if (threads_multiple())
    __atomic_fetch_add(&counter, n, __ATOMIC_RELAXED);
  else
    counter = counter + n;
}
/// A message is about to be sent: call before the crossing, so that no receive can be counted earlier.
[[gnu::always_inline]] inline void count_sent(std::int32_t dest) {
  if (dest != mpi::PROC_NULL) add_to(gate().upper->sent, 1);
}
/// It was not sent after all.
[[gnu::always_inline]] inline void uncount_sent(std::int32_t dest) {
  if (dest != mpi::PROC_NULL) add_to(gate().upper->sent, static_cast<std::uint64_t>(-1));
}

/// The next number in the order of posting.
extern std::uint64_t posting_number;
[[gnu::always_inline]] inline std::uint64_t next_posting() {
  return threads_multiple() ? __atomic_add_fetch(&posting_number, 1, __ATOMIC_RELAXED) : ++posting_number;
}

/// A fresh request with the next number.
[[gnu::always_inline]] inline Request* new_request(RequestKind kind) {
  RequestLock lock;
  Request* r = requests.acquire();
  r->kind = kind;
  r->sequence = next_posting();
  return r;
}
/// Remembers what posting it (again) takes, and keeps type and communicator alive.
[[gnu::always_inline]] inline void keep_arguments(Request* r, const void* buffer, std::int64_t count, Datatype* type, Comm* comm) {
  r->buffer = const_cast<void*>(buffer);
  r->count = count;
  r->type = type;
  r->comm = comm;
  if (type != nullptr) retain(type);
  if (comm != nullptr) retain(comm);
}
/// Gives up type, communicator and memory of a request.
void release_references(Request* r);
/// Puts the request back into the pool with everything it holds.
[[gnu::always_inline]] inline void release_request(Request* r) {
  if (r->type != nullptr || r->comm != nullptr || r->owned != nullptr) release_references(r);
  r->persistent = r->detached = r->cancelling = false;
  RequestLock lock;
  requests.release(r);
}

/// Makes the request active with the lower half's handle.
[[gnu::always_inline]] inline void activate(Request* r, std::uint64_t real, Counts counts) {
  r->cell.real = real;
  r->cell.counts = counts;
  asm volatile("" : : : "memory");
  r->cell.state = RequestState::active;
}
/// Makes it complete without the lower half.
void complete_at_once(Request* r, const Status& status);

/// Waits until every active one of the requests is complete; goes to the checkpoint line in between when asked to.
void await_all(Request* const* list, std::int64_t count);
/// Waits until at least one of the active requests is complete.
void await_some(Request* const* list, std::int64_t count);
/// One attempt; what is complete afterwards shows in the cells.
void poll_in_order(Request* const* list, std::int64_t count);
void poll_any(Request* const* list, std::int64_t count);

/// Hands the result of a request that is not active to the application: fills `status` (may be null), deactivates a
/// persistent request, releases any other and makes `*slot` null. Returns the operation's error class.
int take_result(Request** slot, Status* status);

/// Gives an active request away: it is released when it completes.
void detach(Request* r);
/// Releases detached requests that are complete.
void sweep_detached();
/// Waits until every detached send is complete: MPI_Buffer_detach, MPI_Finalize.
void await_detached_sends();
/// Bytes of the attached buffer that active buffered sends occupy.
std::int64_t buffered_bytes();

}  // namespace mana::upper
