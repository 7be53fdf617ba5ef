// SPDX-License-Identifier: Apache-2.0
// The buffered mode of sending, and the buffers attached for it.
#include "upper_half/bsend.hpp"

#include <sys/syscall.h>

#include "common/arch.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/p2p.hpp"
#include "upper_half/session.hpp"

namespace mana::upper {

volatile std::uint32_t pending_flushes = 0;

namespace {

/// Of the process.
SendBuffer* process_buffer = nullptr;

/// What a message takes from an attached buffer: no more than any ABI's MPI_BSEND_OVERHEAD says.
constexpr std::int64_t overhead = 96;

/// A send that has been started is never posted again: its cell then tells what it takes from which buffer.
SendBuffer* buffer_of(const Request& sent) { return static_cast<SendBuffer*>(sent.cell.buffer); }

/// MPI 4.1 §3.6: the communicator's buffer, else that of its session, else the process's.
SendBuffer* buffer_for(const Comm* comm) {
  if (comm->send_buffer != nullptr) return comm->send_buffer;
  if (comm->session != nullptr && comm->session->send_buffer != nullptr) return comm->session->send_buffer;
  return process_buffer;
}

/// Takes room for a message; null: there is none.
SendBuffer* enter_buffer(const Comm* comm, std::int64_t bytes) {
  RequestLock lock;
  SendBuffer* b = buffer_for(comm);
  if (b == nullptr || (!b->automatic && b->occupied + bytes > b->bytes)) return nullptr;
  b->occupied += bytes;
  ++b->messages;
  return b;
}

/// Messages that the receiver already has may still need some progress here before their room is free again.
SendBuffer* enter_patiently(const Comm* comm, std::int64_t bytes) {
  constexpr int patience = 1000;
  SendBuffer* b = enter_buffer(comm, bytes);
  for (int attempt = 0; b == nullptr && attempt < patience; ++attempt) {
    arch::raw_syscall(SYS_sched_yield);  // the receiver, or a thread of ours that looks at the message, may need this processor
    sweep_detached();
    b = enter_buffer(comm, bytes);
  }
  return b;
}

void drop_if_over(SendBuffer* b) {
  if (!b->attached && b->messages == 0) destroy(b);
}

void leave(SendBuffer* b, std::int64_t bytes) {
  RequestLock lock;
  b->occupied -= bytes;
  --b->messages;
  drop_if_over(b);
}

bool is_in_buffer(const Request& r, const void* buffer) { return r.cell.kind == RequestKind::buffered_send && r.cell.buffer == buffer; }

void await_empty(SendBuffer* b) {
  while (__atomic_load_n(&b->messages, __ATOMIC_ACQUIRE) > 0) await_detached(is_in_buffer, b);
}

/// True when a message older than the flush is still on its way.
bool has_older_message(const Request* flush) {
  bool found = false;
  requests.each([&](Request* r) { found |= r->is_active() && is_in_buffer(*r, flush->cell.buffer) && r->cell.sequence < flush->cell.sequence; });
  return found;
}

}  // namespace

void leave_buffer(const Request* sent) { leave(buffer_of(*sent), sent->cell.count); }

void abandon_buffer(SendBuffer** place) {
  RequestLock lock;
  if (*place == nullptr) return;
  (*place)->attached = false;
  drop_if_over(*place);
  *place = nullptr;
}

int start_buffered_send(const void* buffer, std::int64_t count, Datatype* type, int dest, int tag, Comm* comm) {
  if (dest == mpi::PROC_NULL) return 0;
  if (count < 0) return mpi::ERR_COUNT;
  std::int64_t bytes = 0, room = count * type->size + overhead;
  SendBuffer* b = enter_patiently(comm, room);
  if (b == nullptr) return mpi::ERR_BUFFER;
  int error = 0;
  void* packed = pack_to_memory(buffer, count, type, &bytes, &error);
  if (packed == nullptr) {
    leave(b, room);
    return error;
  }
  Request* r = new_request(RequestKind::buffered_send);
  own(r, packed);
  describe(r, SendMode::standard, packed, bytes, nullptr, dest, tag, comm);
  if (error = start_send(r); error != 0) {
    leave(b, room);
    release_request(r);
    return error;
  }
  r->cell.buffer = b;
  r->cell.count = room;
  detach(r);
  return 0;
}

void complete_flushes() {
  sweep_detached();
  RequestLock lock;
  requests.each([](Request* r) {
    if (r->cell.kind != RequestKind::flush || !r->is_active() || has_older_message(r)) return;
    complete_at_once(r, empty_status);
    pending_flushes = pending_flushes - 1;
  });
}

namespace {

int attach(SendBuffer** place, void* address, std::int64_t bytes) {
  bool automatic = reinterpret_cast<std::uintptr_t>(address) == abi().buffer_automatic;
  if (bytes < 0 && !automatic) return mpi::ERR_ARG;
  WrapperScope scope;
  RequestLock lock;
  if (*place != nullptr) return mpi::ERR_BUFFER;
  *place = create<SendBuffer>(SendBuffer{.address = address, .bytes = automatic ? 0 : bytes, .automatic = automatic});
  return 0;
}

int detach(SendBuffer** place, void* address, std::int64_t* bytes) {
  SendBuffer* b = *place;
  if (b == nullptr) return mpi::ERR_BUFFER;
  WrapperScope scope(ThreadPlace::waiting);
  await_empty(b);
  *static_cast<void**>(address) = b->address;
  *bytes = b->bytes;
  abandon_buffer(place);
  return 0;
}

int flush(SendBuffer* b) {
  if (b == nullptr) return mpi::ERR_BUFFER;
  WrapperScope scope(ThreadPlace::waiting);
  await_empty(b);
  return 0;
}

int start_flush(SendBuffer* b, Request** request) {
  if (b == nullptr) return mpi::ERR_BUFFER;
  WrapperScope scope;
  Request* r = new_request(RequestKind::flush);
  describe(r, SendMode::standard, b, 0, nullptr, mpi::PROC_NULL, 0, nullptr);
  RequestLock lock;
  activate(r, 0, Counts::elsewhere);
  pending_flushes = pending_flushes + 1;
  *request = r;
  return 0;
}

/// Sizes of the functions without _c.
template <class F>
int with_small_size(int* size, F f) {
  std::int64_t bytes = 0;
  if (int error = f(&bytes); error != 0) return error;
  *size = static_cast<int>(bytes);
  return 0;
}

}  // namespace
}  // namespace mana::upper

namespace mana::api {

int bsend(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm) {
  if (int error = check_handles(comm, datatype)) return error;
  WrapperScope scope;
  return start_buffered_send(buf, count, datatype, dest, tag, comm);
}

int ibsend(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm, Request** request) {
  if (int error = check_handles(comm, datatype)) return error;
  WrapperScope scope;
  if (int error = start_buffered_send(buf, count, datatype, dest, tag, comm)) return error;
  Request* r = new_request(RequestKind::buffered_send);
  complete_at_once(r, empty_status);
  *request = r;
  return 0;
}

int buffer_attach(void* buffer, int size) { return attach(&process_buffer, buffer, size); }

int buffer_attach_c(void* buffer, std::int64_t size) { return attach(&process_buffer, buffer, size); }

/// Without a buffer both MPIs give back none, though MPI 4.1 §3.6.1 calls it erroneous.
int buffer_detach_c(void* buffer_addr, std::int64_t* size) {
  *static_cast<void**>(buffer_addr) = nullptr;
  *size = 0;
  return process_buffer == nullptr ? 0 : detach(&process_buffer, buffer_addr, size);
}

int buffer_detach(void* buffer_addr, int* size) {
  return with_small_size(size, [&](std::int64_t* bytes) { return buffer_detach_c(buffer_addr, bytes); });
}

int buffer_flush() { return flush(process_buffer); }

int buffer_iflush(Request** request) { return start_flush(process_buffer, request); }

int comm_attach_buffer(Comm* comm, void* buffer, int size) { return comm_attach_buffer_c(comm, buffer, size); }

int comm_attach_buffer_c(Comm* comm, void* buffer, std::int64_t size) { return usable(comm) ? attach(&comm->send_buffer, buffer, size) : mpi::ERR_COMM; }

int comm_detach_buffer(Comm* comm, void* buffer_addr, int* size) {
  return with_small_size(size, [&](std::int64_t* bytes) { return comm_detach_buffer_c(comm, buffer_addr, bytes); });
}

int comm_detach_buffer_c(Comm* comm, void* buffer_addr, std::int64_t* size) {
  return usable(comm) ? detach(&comm->send_buffer, buffer_addr, size) : mpi::ERR_COMM;
}

int comm_flush_buffer(Comm* comm) { return usable(comm) ? flush(comm->send_buffer) : mpi::ERR_COMM; }

int comm_iflush_buffer(Comm* comm, Request** request) { return usable(comm) ? start_flush(comm->send_buffer, request) : mpi::ERR_COMM; }

int session_attach_buffer(Session* session, void* buffer, int size) { return session_attach_buffer_c(session, buffer, size); }

int session_attach_buffer_c(Session* session, void* buffer, std::int64_t size) {
  return usable(session) ? attach(&session->send_buffer, buffer, size) : mpi::ERR_SESSION;
}

int session_detach_buffer(Session* session, void* buffer_addr, int* size) {
  return with_small_size(size, [&](std::int64_t* bytes) { return session_detach_buffer_c(session, buffer_addr, bytes); });
}

int session_detach_buffer_c(Session* session, void* buffer_addr, std::int64_t* size) {
  return usable(session) ? detach(&session->send_buffer, buffer_addr, size) : mpi::ERR_SESSION;
}

int session_flush_buffer(Session* session) { return usable(session) ? flush(session->send_buffer) : mpi::ERR_SESSION; }

int session_iflush_buffer(Session* session, Request** request) { return usable(session) ? start_flush(session->send_buffer, request) : mpi::ERR_SESSION; }

}  // namespace mana::api
