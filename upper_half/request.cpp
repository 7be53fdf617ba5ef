// SPDX-License-Identifier: Apache-2.0
// The request pool and the ways to wait. A waiting call crosses once into a loop of the lower half, which gives up when
// a checkpoint stops the job; the cells are then consistent and the wait goes on after the line.
#include "upper_half/request.hpp"

#include <algorithm>

#include "common/arch.hpp"
#include "upper_half/bsend.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/generalized.hpp"
#include "upper_half/large_count.hpp"
#include "upper_half/partitioned.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
static_assert(offsetof(Request, cell) == request_cell_offset);
static_assert(offsetof(Comm, real) == object_real_offset && offsetof(Datatype, real) == object_real_offset);
#pragma GCC diagnostic pop

constinit Request null_request;
constinit RequestPool requests;
std::uint64_t posting_number = 0;
constinit DeferredReceives deferred{};

namespace {

Vector<Request*> detached_requests;
std::size_t sweep_at = 64;
ThreadRecord* lock_owner = nullptr;
std::uint32_t lock_depth = 0, next_ticket = 0, now_serving = 0;
constexpr int looks_before_yield = 128;

/// Exists from load time on, like every predefined object.
[[gnu::constructor]] void make_null_request() {
  null_request.vid = mpi::REQUEST_NULL;
  predefined_objects[mpi::REQUEST_NULL] = &null_request;
}

/// Says to the drain that the lower half works on these cells; needed where another thread can be draining.
class Waiters {
 public:
  Waiters(Request* const* list, std::int64_t count) : list_(list), count_(threads_multiple() ? count : 0) { add(1); }
  ~Waiters() { add(static_cast<std::uint16_t>(-1)); }
  Waiters(const Waiters&) = delete;

 private:
  void add(std::uint16_t n) {
    if (count_ == 0) return;
    RequestLock lock;  // the drain looks at `waiters` and completes cells under it
    for (std::int64_t i = 0; i < count_; ++i) __atomic_fetch_add(&list_[i]->cell.waiters, n, __ATOMIC_ACQ_REL);
  }
  Request* const* list_;
  std::int64_t count_;
};

/// Returns `not_yet` when the lower half gave up because of a stop, `not_here` when only the upper half can go on.
[[gnu::always_inline]] inline std::int64_t try_to_complete(Request* const* list, std::int64_t count, LowerEntry entry, bool blocking, bool ignore = false) {
  Waiters waiters(list, count);
  CompleteArguments a{deferred.take(), reinterpret_cast<void* const*>(list), count, blocking ? 1u : 0u, ignore ? 1u : 0u, 0};
  return entry == LowerEntry::real_complete_all ? cross_to<LowerEntry::real_complete_all>(&a) : cross(&a, entry);
}

/// Looks for what requests wait for that only the upper half can complete.
[[gnu::always_inline]] inline void progress_own() {
  if (__builtin_expect(unmatched_receives != 0, 0)) match_partitioned();
  if (__builtin_expect(pending_flushes != 0, 0)) complete_flushes();
}

/// Gives way to the threads, or looks for the messages, that the upper half's own requests wait for.
void progress_elsewhere() {
  progress_own();
  arch::raw_syscall(SYS_sched_yield);
}

/// After an attempt that has not completed what it should.
void go_on_elsewhere(std::int64_t attempt) {
  if (attempt != not_here || stop_wanted()) checkpoint_line();
  progress_elsewhere();
}

bool any_complete(Request* const* list, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i)
    if (list[i]->is_complete()) return true;
  return false;
}

bool any_active(Request* const* list, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i)
    if (list[i]->is_active()) return true;
  return false;
}

}  // namespace

/// First come, first served: a thread that polls in the real MPI takes the lock again and again, and would leave nothing to the others.
/// The owner may take it once more: the drain holds it while it receives.
void RequestLock::enter() {
  ThreadRecord* me = &this_thread();
  if (__atomic_load_n(&lock_owner, __ATOMIC_RELAXED) != me) {
    const std::uint32_t ticket = __atomic_fetch_add(&next_ticket, 1, __ATOMIC_RELAXED);
    for (int looks = 0; __atomic_load_n(&now_serving, __ATOMIC_ACQUIRE) != ticket;) {
      if (++looks % looks_before_yield == 0) arch::raw_syscall(SYS_sched_yield);
      __builtin_ia32_pause();
    }
    __atomic_store_n(&lock_owner, me, __ATOMIC_RELAXED);
  }
  ++lock_depth;
}

void RequestLock::leave() {
  if (--lock_depth != 0) return;
  __atomic_store_n(&lock_owner, nullptr, __ATOMIC_RELAXED);
  __atomic_store_n(&now_serving, now_serving + 1, __ATOMIC_RELEASE);
}

Request* RequestPool::grow() {
  bool name_cell = abi().request_vid_needed != 0;
  auto place = reinterpret_cast<std::uintptr_t>(arena_allocate(sizeof(Request) * chunk_requests + 64));
  auto* chunk = reinterpret_cast<Request*>((place + 63) & ~std::uintptr_t{63});  // a cell within one cache line
  for (std::uint32_t i = 0; i < chunk_requests; ++i) {
    new (chunk + i) Request;
    if (name_cell) request_slots.put(chunk + i);
  }
  for (std::uint32_t i = chunk_requests; i-- > 0;) release(chunk + i);
  chunks_.push_back(chunk);
  return free_;
}

void release_special(Request* r) {
  if (r->is(special::kept)) {
    release(r->cell.comm);
    if (r->cell.type != nullptr) release(r->cell.type);
  }
  if (r->is(special::owns)) arena_release(r->owned);
  if (r->is(special::collective)) end_record(r);
  if (r->is(special::partitioned)) end_partitioned(r);
  if (r->is(special::generalized)) end_generalized(r);
  if (r->is(special::accompanied)) release_companions(r);
}

void post_deferred_now() {
  PostArguments a = deferred.take();
  cross(&a, LowerEntry::custom_post);
}

void complete_at_once(Request* r, const Status& status) {
  r->cell.real = 0;
  r->cell.counts = Counts::nothing;
  r->cell.status = as_lower(status);
  r->cell.state = RequestState::complete;
}

void await_all(Request* const* list, std::int64_t count, bool ignore) {
  while (any_active(list, count)) {
    std::int64_t attempt = try_to_complete(list, count, LowerEntry::real_complete_all, true, ignore);
    if (__builtin_expect(attempt >= 0, 1)) return;
    go_on_elsewhere(attempt);
  }
}

void await_some(Request* const* list, std::int64_t count) {
  while (!any_complete(list, count)) {
    std::int64_t attempt = try_to_complete(list, count, LowerEntry::custom_complete_some, true);
    if (__builtin_expect(attempt >= 0, 1)) return;
    go_on_elsewhere(attempt);
  }
}

void poll_in_order(Request* const* list, std::int64_t count) {
  progress_own();
  if (any_active(list, count)) try_to_complete(list, count, LowerEntry::real_complete_all, false);
}

void poll_any(Request* const* list, std::int64_t count) {
  progress_own();
  if (any_active(list, count)) try_to_complete(list, count, LowerEntry::custom_complete_some, false);
}

void detach(Request* r) {
  r->cell.special |= special::detached;
  bool sweep;
  {
    RequestLock lock;
    detached_requests.push_back(r);
    sweep = detached_requests.size() >= sweep_at;
  }
  if (!sweep) return;
  sweep_detached();
  sweep_at = detached_requests.size() * 2 + 64;
}

namespace {

/// Moves the chosen ones to the caller, so that no other thread works on them.
Vector<Request*> take_detached(bool (*chosen)(const Request&, const void*), const void* by) {
  RequestLock lock;
  auto others = std::stable_partition(detached_requests.begin(), detached_requests.end(), [&](Request* r) { return chosen(*r, by); });
  Vector<Request*> mine(detached_requests.begin(), others);
  detached_requests.erase(detached_requests.begin(), others);
  return mine;
}

/// Releases what is complete, keeps the rest.
void put_back(const Vector<Request*>& mine) {
  for (Request* r : mine) {
    if (r->is_active()) {
      RequestLock lock;
      detached_requests.push_back(r);
      continue;
    }
    if (r->cell.kind == RequestKind::buffered_send) leave_buffer(r);
    release_request(r);
  }
}

}  // namespace

void sweep_detached() {
  Vector<Request*> mine = take_detached([](const Request&, const void*) { return true; }, nullptr);
  auto count = static_cast<std::int64_t>(mine.size());
  if (any_active(mine.data(), count)) try_to_complete(mine.data(), count, LowerEntry::custom_complete_some, false);
  put_back(mine);
}

void await_detached(bool (*chosen)(const Request&, const void*), const void* by) {
  Vector<Request*> mine = take_detached(chosen, by);
  for (Request* r : mine) await_all(&r, 1);
  put_back(mine);
}

void await_detached_sends() {
  await_detached(
      [](const Request& r, const void*) {
        return r.cell.kind != RequestKind::receive && r.cell.kind != RequestKind::collective && r.cell.counts != Counts::elsewhere;
      },
      nullptr);
}

void await_freed_communicators() {
  await_detached([](const Request& r, const void*) { return r.cell.kind == RequestKind::collective && !r.is(special::farewell); }, nullptr);
}

}  // namespace mana::upper
