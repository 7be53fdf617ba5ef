// SPDX-License-Identifier: Apache-2.0
// Requests: one cell for every operation that the application can wait for (MPI 4.1 §3.7.3, §3.9). Cells come from a
// pool and never move; the lower half completes them in place. Persistent requests exist only here: each Start is a
// fresh nonblocking operation of the real MPI, so nothing of them has to be remade after a restart.
#pragma once

#include <cstring>

#include "common/mpi_constants.hpp"
#include "common/p2p_args.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/objects.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {

/// Bits of RequestCell::special; 0 for a plain nonblocking operation on predefined type and communicator.
namespace special {
inline constexpr std::uint32_t persistent = 1;
inline constexpr std::uint32_t detached = 2;        ///< freed by the application (or ours alone) while active: released when complete
inline constexpr std::uint32_t kept = 4;            ///< holds references to `type` and `comm`
inline constexpr std::uint32_t owns = 8;            ///< `owned` goes with the request
inline constexpr std::uint32_t accompanied = 256;   ///< see large_count.hpp
inline constexpr std::uint32_t collective = 16;     ///< `owned` is a CollectiveRecord, which goes with the request
inline constexpr std::uint32_t generalized = 512;   ///< generalized.hpp
inline constexpr std::uint32_t partitioned = 1024;  ///< partitioned.hpp
inline constexpr std::uint32_t farewell = 2048;     ///< collective_request.hpp
}  // namespace special

struct Request : Object {
  RequestCell cell{};
  void* owned = nullptr;  ///< arena block

  bool is(std::uint32_t bit) const { return (cell.special & bit) != 0; }
  bool is_active() const { return cell.state == RequestState::active; }
  bool is_complete() const { return cell.state == RequestState::complete; }
  bool is_cancelling() const { return cell.counts == Counts::cancelled_receive || cell.counts == Counts::cancelled_send; }
};
static_assert(sizeof(Request) == 128);
static_assert(sizeof(Object) == request_cell_offset);
static_assert(sizeof(Status) == sizeof(LowerStatus) && offsetof(Status, count_bytes) == offsetof(LowerStatus, count_bytes));

[[gnu::always_inline]] inline Status as_status(const LowerStatus& s) { return {s.source, s.tag, s.error, s.cancelled, s.count_bytes}; }
[[gnu::always_inline]] inline LowerStatus as_lower(const Status& s) { return {s.source, s.tag, s.error, s.cancelled, s.count_bytes}; }

/// The result of waiting for nothing (MPI 4.1 §3.7.3: empty status).
inline constexpr Status empty_status{mpi::ANY_SOURCE, mpi::ANY_TAG, 0, 0, 0};

/// All requests of the rank. Not thread-safe by itself: see RequestLock. Free ones are linked by `cell.buffer`.
class RequestPool {
 public:
  /// A cell in state inactive with `special` 0; its other fields are as its last user left them.
  [[gnu::always_inline]] Request* acquire() {
    Request* r = free_;
    if (__builtin_expect(r == nullptr, 0)) r = grow();
    free_ = static_cast<Request*>(r->cell.buffer);
    r->freed = 0;
    return r;
  }
  [[gnu::always_inline]] void release(Request* r) { free_ = with(free_, r); }
  /// All of the list, in whose places `instead` comes.
  [[gnu::always_inline]] void replace(Request** list, int count, Request* instead) {
    Request* chain = free_;
    for (int i = 0; i < count; ++i) {
      chain = with(chain, list[i]);
      list[i] = instead;
    }
    free_ = chain;
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
  [[gnu::always_inline]] static Request* with(Request* chain, Request* r) {
    r->cell.state = RequestState::inactive;
    r->cell.special = 0;
    r->freed = 1;
    r->cell.buffer = chain;
    return r;
  }
  Request* grow();
  Request* free_ = nullptr;
  Vector<Request*> chunks_;
};

extern RequestPool requests;

/// MPI_REQUEST_NULL.
extern Request null_request;

/// True when the application asked for MPI_THREAD_MULTIPLE.
[[gnu::always_inline]] inline bool threads_multiple() { return __builtin_expect(interface().thread_level == mpi::THREAD_MULTIPLE, 0); }

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

/// A message is about to be sent: call before the crossing, so that no receive can be counted earlier. -1: it was not
/// sent after all.
[[gnu::always_inline]] inline void count_sent(std::int32_t dest, std::int64_t n = 1) {
  if (dest == mpi::PROC_NULL) return;
  volatile std::uint64_t& sent = interface().sent;
  if (threads_multiple())
    __atomic_fetch_add(&sent, static_cast<std::uint64_t>(n), __ATOMIC_RELAXED);
  else
    sent = sent + static_cast<std::uint64_t>(n);
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
  r->cell.kind = kind;
  r->cell.sequence = next_posting();
  return r;
}
/// Likewise, where no other thread may be in MPI (caution.hpp).
[[gnu::always_inline]] inline Request* new_request_alone(RequestKind kind) {
  Request* r = requests.acquire();
  r->cell.kind = kind;
  r->cell.sequence = ++posting_number;
  return r;
}
/// Writes down the operation.
[[gnu::always_inline]] inline void describe(Request* r, SendMode mode, const void* buffer, std::int64_t count, Datatype* type, int peer, int tag, Comm* comm) {
  r->cell.mode = mode;
  r->cell.buffer = const_cast<void*>(buffer);
  r->cell.count = count;
  r->cell.type = type;
  r->cell.comm = comm;
  r->cell.peer = peer;
  r->cell.tag = tag;
}
/// The request will be posted again after a restart, or by Start: its type and communicator stay alive with it.
[[gnu::always_inline]] inline void keep_arguments(Request* r) {
  std::uint32_t vids = r->cell.comm->vid | (r->cell.type != nullptr ? r->cell.type->vid : 0);
  if (__builtin_expect(static_cast<std::int32_t>(vids) >= 0, 1)) return;  // predefined objects live for ever
  retain(r->cell.comm);
  if (r->cell.type != nullptr) retain(r->cell.type);
  r->cell.special |= special::kept;
}
/// Ends the CollectiveRecord of a request that is one.
void end_record(Request* r);
/// Gives up what makes a request special.
void release_special(Request* r);
/// Puts the request back into the pool with everything it holds.
[[gnu::always_inline]] inline void release_request(Request* r) {
  if (__builtin_expect(r->cell.special != 0, 0)) release_special(r);
  RequestLock lock;
  requests.release(r);
}
/// An arena block that lives as long as the request.
inline void own(Request* r, void* block) {
  r->owned = block;
  r->cell.special |= special::owns;
}

/// Makes the request active with a handle of the lower half.
[[gnu::always_inline]] inline void activate(Request* r, std::uint64_t real, Counts counts) {
  r->cell.real = real;
  r->cell.counts = counts;
  asm volatile("" : : : "memory");
  r->cell.state = RequestState::active;
}
/// Makes it complete without the lower half.
void complete_at_once(Request* r, const Status& status);

/// An operation other than a message (nonblocking collective, RMA or file access) is about to be started: call before the
/// crossing that starts it; -1 takes it back when it has failed. See `Counts::operation`.
[[gnu::always_inline]] inline void count_operation(std::int64_t n = 1) { count_sent(0, n); }
/// The operation has been started: `real` is its request. Its type and communicator fields are null.
[[gnu::always_inline]] inline void activate_operation(Request* r, std::uint64_t real) {
  r->cell.comm = nullptr;
  r->cell.type = nullptr;
  activate(r, real, Counts::operation);
}

/// Receives that are described and active, but that the real MPI does not know yet: the next crossing that could matter to
/// them posts them together. None under MPI_THREAD_MULTIPLE.
struct DeferredReceives {
  int count = 0;
  std::uint32_t special = 0;  ///< bits that one of them or more has
  Request* list[most_deferred];

  [[gnu::always_inline]] bool is_full() const { return count == most_deferred; }
  [[gnu::always_inline]] void add(Request* r) {
    r->cell.counts = Counts::receive;
    r->cell.state = RequestState::active;
    special |= r->cell.special;
    list[count++] = r;
  }
  /// For the crossing that posts them: none is deferred any more.
  [[gnu::always_inline]] PostArguments take() {
    PostArguments posts{reinterpret_cast<void* const*>(list), count};
    count = 0;
    special = 0;
    return posts;
  }
  /// These are all that are deferred, in this order, and none holds another object.
  [[gnu::always_inline]] bool are(Request* const* these, int n) const {
    return count == n && n != 0 && special == 0 && std::memcmp(list, these, sizeof *list * static_cast<std::size_t>(n)) == 0;
  }
};
extern DeferredReceives deferred;
void post_deferred_now();
/// Posts them. Call before a crossing that another rank can depend on, or that looks at what has arrived.
[[gnu::always_inline]] inline void post_deferred() {
  if (__builtin_expect(deferred.count != 0, 0)) post_deferred_now();
}

/// Waits until every active one of the requests is complete; goes to the checkpoint line in between when asked to.
/// `ignore`: the statuses won't be read, only the errors.
void await_all(Request* const* list, std::int64_t count, bool ignore = false);
/// Waits until at least one of the active requests is complete.
void await_some(Request* const* list, std::int64_t count);
/// One attempt; what is complete afterwards shows in the cells.
void poll_in_order(Request* const* list, std::int64_t count);
void poll_any(Request* const* list, std::int64_t count);

/// take_result() of a generalized request that is complete: asks its query function for the status.
int take_generalized(Request** slot, Status* status);
/// partitioned.hpp
void name_partner(const Request* r, Status* status);

/// Hands the result of a request that is not active to the application: fills `status` (may be null), deactivates a
/// persistent request, releases any other and makes `*slot` null. Returns the operation's error class.
[[gnu::always_inline]] inline int take_result(Request** slot, Status* status) {
  Request* r = *slot;
  bool complete = r->is_complete();
  if (__builtin_expect(r->is(special::generalized), 0) && complete) return take_generalized(slot, status);
  if (status != nullptr) *status = complete ? as_status(r->cell.status) : empty_status;
  if (!complete) return 0;
  int error = r->cell.status.error;
  if (r->is(special::persistent)) {
    if (r->is(special::partitioned) && status != nullptr) name_partner(r, status);
    r->cell.state = RequestState::inactive;
  } else {
    release_request(r);
    *slot = &null_request;
  }
  return error;
}

/// Gives an active request away: it is released when it completes.
void detach(Request* r);
/// Releases detached requests that are complete, after one attempt at all of them.
void sweep_detached();
/// Waits until the chosen ones of the detached requests are complete; those that another thread waits for already are not found.
void await_detached(bool (*chosen)(const Request&, const void* by), const void* by);
/// Waits until every detached send is complete: MPI_Buffer_detach, MPI_Finalize.
void await_detached_sends();
/// Waits until every member has freed the communicators that this one has: MPI_Finalize.
void await_freed_communicators();

}  // namespace mana::upper
