// SPDX-License-Identifier: Apache-2.0
// Blocking and nonblocking point-to-point (MPI 4.1 §3.2, §3.4, §3.7.2, §3.10). With nothing drained a call is one
// crossing, and blocking ones need no request object; what the drain has received is looked at first.

#include "upper_half/p2p.hpp"

#include "gen/upper_api.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/drained.hpp"
#include "upper_half/synchronous.hpp"

namespace mana::upper {
namespace {

[[gnu::always_inline]] inline std::uint64_t bits_of(const Datatype* type) { return type != nullptr ? type->real.bits : 0; }

[[gnu::always_inline]] inline SendArguments send_arguments(SendMode mode, const void* buffer, std::int64_t count, const Datatype* type, int dest, int tag,
                                                           const Comm* comm) {
  return {buffer, count, bits_of(type), comm->real.bits, dest, tag, mode};
}

[[gnu::always_inline]] inline void fill(ReceiveArguments& a, void* buffer, std::int64_t count, const Datatype* type, int source, int tag, const Comm* comm) {
  a.buffer = buffer;
  a.count = count;
  a.type = bits_of(type);
  a.comm = comm->real.bits;
  a.source = source;
  a.tag = tag;
  a.ignore = 0;
}

[[gnu::always_inline]] inline int blocking_send(SendMode mode, const void* buffer, std::int64_t count, Datatype* type, int dest, int tag, Comm* comm) {
  if (int error = check_handles(comm, type)) return error;
  WrapperScope scope(ThreadPlace::blocking_send);
  SendArguments a = send_arguments(mode, buffer, count, type, dest, tag, comm);
  post_deferred();
  note_send(comm, dest, tag);
  count_sent_on(comm, dest);
  std::int64_t error = cross(&a, LowerEntry::custom_send);
  if (__builtin_expect(error != 0, 0)) count_sent_on(comm, dest, -1);
  return static_cast<int>(error);
}

[[gnu::always_inline]] inline int launch(Request* r) {
  post_deferred();
  if (__builtin_expect(r->cell.mode == SendMode::synchronous, 0))
    note_synchronous_send(r);
  else
    note_send(r->cell.comm, r->cell.peer, r->cell.tag);
  count_sent_on(r->cell.comm, r->cell.peer);
  std::int64_t error = cross(r, LowerEntry::custom_isend);
  if (__builtin_expect(error != 0, 0)) count_sent_on(r->cell.comm, r->cell.peer, -1);
  return static_cast<int>(error);
}

[[gnu::always_inline]] inline int nonblocking_send(SendMode mode, const void* buffer, std::int64_t count, Datatype* type, int dest, int tag, Comm* comm,
                                                   Request** request) {
  if (int error = check_handles(comm, type)) return error;
  WrapperScope scope;
  Request* r = new_request(RequestKind::send);
  describe(r, mode, buffer, count, type, dest, tag, comm);
  if (mode == SendMode::synchronous) keep_arguments(r);
  int error = launch(r);
  if (__builtin_expect(error != 0, 0)) {
    release_request(r);
    return error;
  }
  *request = r;
  return 0;
}

/// True when a receive must look at the drained messages, or can't do so and post in one step without the lock.
[[gnu::always_inline]] inline bool receive_needs_care(const Comm* comm) { return !drained_messages.empty() || threads_multiple() || comm->foreign; }

[[gnu::always_inline]] inline void defer(Request* r) {
  if (__builtin_expect(deferred.is_full(), 0)) post_deferred_now();
  deferred.add(r);
}

Request* described_receive(void* buffer, std::int64_t count, Datatype* type, int source, int tag, Comm* comm) {
  Request* r = new_request(RequestKind::receive);
  describe(r, SendMode::standard, buffer, count, type, source, tag, comm);
  keep_arguments(r);
  return r;
}

/// A blocking receive with all the care of a nonblocking one.
[[gnu::noinline]] int receive_by_request(void* buffer, std::int64_t count, Datatype* type, int source, int tag, Comm* comm, Status* status) {
  Request* r = described_receive(buffer, count, type, source, tag, comm);
  if (int error = start_receive(r)) {
    release_request(r);
    return error;
  }
  await_all(&r, 1);
  return take_result(&r, status);
}

/// Sends and receives at once; `sendtype` null: bytes.
int send_and_receive(const void* sendbuf, std::int64_t sendcount, Datatype* sendtype, int dest, int sendtag, void* recvbuf, std::int64_t recvcount,
                     Datatype* recvtype, int source, int recvtag, Comm* comm, Status* status) {
  if (__builtin_expect(receive_needs_care(comm), 0)) {
    Request* r = described_receive(recvbuf, recvcount, recvtype, source, recvtag, comm);
    if (int error = start_receive(r)) {
      release_request(r);
      return error;
    }
    SendArguments a = send_arguments(SendMode::standard, sendbuf, sendcount, sendtype, dest, sendtag, comm);
    post_deferred();
    note_send(comm, dest, sendtag);
    count_sent_on(comm, dest);
    std::int64_t error = cross(&a, LowerEntry::custom_send);
    if (error != 0) {
      count_sent_on(comm, dest, -1);
      if (r->is_active()) cross(r, LowerEntry::custom_cancel);
    }
    await_all(&r, 1);
    int received = take_result(&r, status);
    return error != 0 ? static_cast<int>(error) : received;
  }
  SendReceiveArguments a;
  a.send = send_arguments(SendMode::standard, sendbuf, sendcount, sendtype, dest, sendtag, comm);
  fill(a.receive, recvbuf, recvcount, recvtype, source, recvtag, comm);
  post_deferred();
  note_send(comm, dest, sendtag);
  count_sent_on(comm, dest);
  std::int64_t error = cross(&a, LowerEntry::custom_sendrecv);
  if (__builtin_expect(a.sent == 0, 0)) count_sent_on(comm, dest, -1);
  if (__builtin_expect(error == not_yet, 0)) return finish_posted_receive(a.receive.request, recvbuf, recvcount, recvtype, source, recvtag, comm, status);
  if (status != nullptr && a.sent != 0) *status = as_status(a.receive.status);
  return static_cast<int>(error);
}

}  // namespace

int start_send(Request* r) { return launch(r); }

int finish_posted_receive(std::uint64_t real, void* buffer, std::int64_t count, Datatype* type, int source, int tag, Comm* comm, Status* status) {
  Request* r = described_receive(buffer, count, type, source, tag, comm);
  activate(r, real, source == mpi::PROC_NULL ? Counts::nothing : Counts::receive);
  await_all(&r, 1);
  return take_result(&r, status);
}

int post_receive(Request* r) {
  post_deferred();
  auto error = static_cast<int>(cross(r, LowerEntry::custom_irecv));
  if (__builtin_expect(r->cell.comm->foreign, 0) && r->cell.counts == Counts::receive) r->cell.counts = Counts::foreign_receive;
  return error;
}

int start_receive(Request* r) {
  post_deferred();
  RequestLock lock;  // no drain between the look at the drained messages and the posting
  if (__builtin_expect(!drained_messages.empty(), 0)) {
    const RequestCell& c = r->cell;
    if (DrainedMessage* message = drained_messages.take(c.comm, c.peer, c.tag)) {
      Status status;
      deliver(message, c.buffer, c.count, c.type, &status);
      complete_at_once(r, status);
      return 0;
    }
  }
  return post_receive(r);
}

void* pack_to_memory(const void* buffer, std::int64_t count, Datatype* type, std::int64_t* bytes, int* error) {
  *error = 0;
  *bytes = count * type->size;
  if (count < 0) *error = mpi::ERR_COUNT;
  if (*error != 0) return nullptr;
  void* packed = arena_allocate(static_cast<std::size_t>(*bytes) + 1);
  PackArguments a{packed, *bytes, const_cast<void*>(buffer), count, type->real.bits, {}};
  *error = static_cast<int>(cross(&a, LowerEntry::custom_pack));
  if (*error == 0) return packed;
  arena_release(packed);
  return nullptr;
}

}  // namespace mana::upper

namespace mana::api {

int send(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm) {
  return blocking_send(SendMode::standard, buf, count, datatype, dest, tag, comm);
}

int ssend(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm) {
  if (int error = check_handles(comm, datatype)) return error;
  WrapperScope scope(ThreadPlace::waiting);  // not native: it must not return because the drain has received its message
  Request* r = &null_request;
  if (int error = nonblocking_send(SendMode::synchronous, buf, count, datatype, dest, tag, comm, &r)) return error;
  await_all(&r, 1);
  return take_result(&r, nullptr);
}

int rsend(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm) {
  return blocking_send(SendMode::ready, buf, count, datatype, dest, tag, comm);
}

int isend(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm, Request** request) {
  return nonblocking_send(SendMode::standard, buf, count, datatype, dest, tag, comm, request);
}

int issend(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm, Request** request) {
  return nonblocking_send(SendMode::synchronous, buf, count, datatype, dest, tag, comm, request);
}

int irsend(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm, Request** request) {
  return nonblocking_send(SendMode::ready, buf, count, datatype, dest, tag, comm, request);
}

int recv(void* buf, int count, Datatype* datatype, int source, int tag, Comm* comm, Status* status) {
  if (int error = check_handles(comm, datatype)) return error;
  WrapperScope scope(ThreadPlace::waiting);
  if (__builtin_expect(receive_needs_care(comm), 0)) return receive_by_request(buf, count, datatype, source, tag, comm, status);
  ReceiveArguments a;
  fill(a, buf, count, datatype, source, tag, comm);
  a.ignore = status == nullptr ? 1 : 0;
  a.status = as_lower(empty_status);
  post_deferred();
  std::int64_t error = cross(&a, LowerEntry::custom_recv);
  if (__builtin_expect(error == not_yet, 0)) return finish_posted_receive(a.request, buf, count, datatype, source, tag, comm, status);
  if (status != nullptr) *status = as_status(a.status);
  return static_cast<int>(error);
}

int irecv(void* buf, int count, Datatype* datatype, int source, int tag, Comm* comm, Request** request) {
  if (int error = check_handles(comm, datatype)) return error;
  WrapperScope scope;
  Request* r = new_request(RequestKind::receive);
  describe(r, SendMode::standard, buf, count, datatype, source, tag, comm);
  keep_arguments(r);
  if (__builtin_expect(!receive_needs_care(comm) && surely_valid_receive(count, datatype, source, tag, comm), 1)) {
    defer(r);
  } else if (int error = start_receive(r)) {
    release_request(r);
    return error;
  }
  *request = r;
  return 0;
}

int sendrecv(const void* sendbuf, int sendcount, Datatype* sendtype, int dest, int sendtag, void* recvbuf, int recvcount, Datatype* recvtype, int source,
             int recvtag, Comm* comm, Status* status) {
  if (int error = check_handles(comm, sendtype)) return error;
  if (int error = check_handles(comm, recvtype)) return error;
  WrapperScope scope(ThreadPlace::waiting);
  return send_and_receive(sendbuf, sendcount, sendtype, dest, sendtag, recvbuf, recvcount, recvtype, source, recvtag, comm, status);
}

int sendrecv_replace(void* buf, int count, Datatype* datatype, int dest, int sendtag, int source, int recvtag, Comm* comm, Status* status) {
  if (int error = check_handles(comm, datatype)) return error;
  WrapperScope scope(ThreadPlace::waiting);
  int error = 0;
  std::int64_t bytes = 0;
  void* packed = pack_to_memory(buf, count, datatype, &bytes, &error);
  if (packed == nullptr) return error;
  error = send_and_receive(packed, bytes, nullptr, dest, sendtag, buf, count, datatype, source, recvtag, comm, status);
  arena_release(packed);
  return error;
}

/// The outgoing part is packed and sent by a request of its own; the application's request is the receive.
static int start_exchange(const void* sendbuf, int sendcount, Datatype* sendtype, int dest, int sendtag, void* recvbuf, int recvcount, Datatype* recvtype,
                          int source, int recvtag, Comm* comm, Request** request) {
  int error = 0;
  std::int64_t bytes = 0;
  void* packed = pack_to_memory(sendbuf, sendcount, sendtype, &bytes, &error);
  if (packed == nullptr) return error;
  Request* receive = described_receive(recvbuf, recvcount, recvtype, source, recvtag, comm);
  error = start_receive(receive);
  if (error != 0) {
    arena_release(packed);
    release_request(receive);
    return error;
  }
  Request* sending = new_request(RequestKind::send);
  own(sending, packed);
  describe(sending, SendMode::standard, packed, bytes, nullptr, dest, sendtag, comm);
  error = start_send(sending);
  if (error != 0) {
    release_request(sending);
    if (receive->is_active()) cross(receive, LowerEntry::custom_cancel);
    detach(receive);
    return error;
  }
  detach(sending);
  *request = receive;
  return 0;
}

int isendrecv(const void* sendbuf, int sendcount, Datatype* sendtype, int dest, int sendtag, void* recvbuf, int recvcount, Datatype* recvtype, int source,
              int recvtag, Comm* comm, Request** request) {
  if (int error = check_handles(comm, sendtype)) return error;
  if (int error = check_handles(comm, recvtype)) return error;
  WrapperScope scope;
  return start_exchange(sendbuf, sendcount, sendtype, dest, sendtag, recvbuf, recvcount, recvtype, source, recvtag, comm, request);
}

int isendrecv_replace(void* buf, int count, Datatype* datatype, int dest, int sendtag, int source, int recvtag, Comm* comm, Request** request) {
  return isendrecv(buf, count, datatype, dest, sendtag, buf, count, datatype, source, recvtag, comm, request);
}

}  // namespace mana::api
