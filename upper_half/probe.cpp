// SPDX-License-Identifier: Apache-2.0
// Probe, matched probe and matched receive (MPI 4.1 §3.8). Drained messages come first: they are the older ones.
#include "gen/upper_api.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/message.hpp"
#include "upper_half/p2p.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/synchronous.hpp"

namespace mana::upper {

constinit Message null_message, no_proc_message;

namespace {

Message* live_messages = nullptr;

[[gnu::constructor]] void make_predefined_messages() {
  null_message.vid = mpi::MESSAGE_NULL;
  no_proc_message.vid = mpi::MESSAGE_NO_PROC;
  predefined_objects[mpi::MESSAGE_NULL] = &null_message;
  predefined_objects[mpi::MESSAGE_NO_PROC] = &no_proc_message;
}

constexpr Status no_proc_status{mpi::PROC_NULL, mpi::ANY_TAG, 0, 0, 0};

Status envelope_of(const DrainedMessage* m) { return {m->source, m->tag, 0, 0, m->bytes}; }

/// What a probe has found: in the real MPI, or drained.
struct Found {
  bool found = false;
  std::uint64_t real = 0;
  DrainedMessage* drained = nullptr;
  Status envelope{};
};

/// Looks among the drained messages, then in the real MPI; a drain by another thread can't come in between.
std::int64_t look_once(int source, int tag, Comm* comm, bool matched, bool blocking, Found* out) {
  RequestLock lock;
  if (__builtin_expect(!drained_messages.empty(), 0)) {
    DrainedMessage* m = matched ? drained_messages.take(comm, source, tag) : drained_messages.find(comm, source, tag);
    if (m != nullptr) {
      if (matched) acknowledge(m);
      *out = {true, 0, matched ? m : nullptr, envelope_of(m)};
      return 0;
    }
  }
  ProbeArguments a{comm->real.bits, source, tag, blocking ? 1u : 0u, 0, 0, {}};
  std::int64_t error = cross(&a, matched ? LowerEntry::custom_mprobe : LowerEntry::custom_probe);
  *out = {a.found != 0, a.message, nullptr, as_status(a.status)};
  return error;
}

/// The one way to probe. `matched`: the message is taken. Waits when `blocking`.
int look(int source, int tag, Comm* comm, bool matched, bool blocking, Found* out) {
  post_deferred();
  bool wait_below = blocking && !threads_multiple();
  for (;;) {
    std::int64_t error = look_once(source, tag, comm, matched, wait_below, out);
    if (error > 0) return static_cast<int>(error);
    if (out->found || !blocking) return 0;
    if (stop_wanted()) checkpoint_line();
  }
}

int probe_call(int source, int tag, Comm* comm, bool blocking, int* flag, Status* status) {
  if (!usable(comm)) return mpi::ERR_COMM;
  WrapperScope scope(blocking ? ThreadPlace::waiting : ThreadPlace::wrapper);
  Found found{true, 0, nullptr, no_proc_status};
  if (source != mpi::PROC_NULL)
    if (int error = look(source, tag, comm, false, blocking, &found)) return error;
  *flag = found.found ? 1 : 0;
  if (found.found && status != nullptr) *status = found.envelope;
  return 0;
}

int matched_probe_call(int source, int tag, Comm* comm, bool blocking, int* flag, Message** message, Status* status) {
  if (!usable(comm)) return mpi::ERR_COMM;
  WrapperScope scope(blocking ? ThreadPlace::waiting : ThreadPlace::wrapper);
  *flag = 1;
  if (source == mpi::PROC_NULL) {
    *message = &no_proc_message;
    if (status != nullptr) *status = no_proc_status;
    return 0;
  }
  Found found;
  *flag = 0;
  if (int error = look(source, tag, comm, true, blocking, &found)) return error;
  *flag = found.found ? 1 : 0;
  if (!found.found) return 0;
  *message = new_message(found.real, found.drained, comm, found.envelope);
  if (status != nullptr) *status = found.envelope;
  return 0;
}

ReceiveArguments matched_receive(void* buffer, int count, Datatype* type, Message* m) {
  ReceiveArguments a{};
  a.buffer = buffer;
  a.count = count;
  a.type = type->real.bits;
  a.source = m->envelope.source;
  a.message = m->real.bits;
  a.status = as_lower(empty_status);
  return a;
}

/// Error class of a message handle that can't be received.
int check_message(Message* const* message) { return *message == nullptr || *message == &null_message ? mpi::ERR_REQUEST : 0; }

/// Takes the drained data of a message out of it, and the message away from the drain.
DrainedMessage* take_data(Message* m) {
  RequestLock lock;
  m->being_received = true;
  DrainedMessage* data = m->drained;
  m->drained = nullptr;
  return data;
}

}  // namespace

Message* new_message(std::uint64_t real, DrainedMessage* drained, Comm* comm, const Status& envelope) {
  auto* m = create<Message>();
  m->real.bits = real;
  m->drained = drained;
  m->comm = comm;
  m->envelope = envelope;
  retain(comm);
  RequestLock lock;
  if (abi().request_vid_needed != 0) message_slots.put(m);
  m->next = live_messages;
  live_messages = m;
  return m;
}

void release_message(Message* message) {
  release(message->comm);
  RequestLock lock;
  Message** link = &live_messages;
  while (*link != message) link = &(*link)->next;
  *link = message->next;
  if (message->vid != 0) message_slots.remove(message);
  destroy(message);
}

bool receive_matched_messages() {
  RequestLock lock;
  bool moved = false;
  for (Message* m = live_messages; m != nullptr; m = m->next) {
    if (m->drained != nullptr || m->being_received) continue;
    m->drained = receive_into_memory(m->real.bits, m->comm, m->envelope);
    m->real.bits = 0;
    moved = true;
  }
  return moved;
}

}  // namespace mana::upper

namespace mana::api {

int probe(int source, int tag, Comm* comm, Status* status) {
  int flag;
  return probe_call(source, tag, comm, true, &flag, status);
}

int iprobe(int source, int tag, Comm* comm, int* flag, Status* status) { return probe_call(source, tag, comm, false, flag, status); }

int mprobe(int source, int tag, Comm* comm, Message** message, Status* status) {
  int flag;
  return matched_probe_call(source, tag, comm, true, &flag, message, status);
}

int improbe(int source, int tag, Comm* comm, int* flag, Message** message, Status* status) {
  return matched_probe_call(source, tag, comm, false, flag, message, status);
}

int mrecv(void* buf, int count, Datatype* datatype, Message** message, Status* status) {
  if (int error = check_message(message)) return error;
  if (!usable(datatype)) return mpi::ERR_TYPE;
  Message* m = *message;
  *message = &null_message;
  if (m == &no_proc_message) {
    if (status != nullptr) *status = no_proc_status;
    return 0;
  }
  WrapperScope scope(ThreadPlace::waiting);
  if (DrainedMessage* data = take_data(m)) {
    Status result;
    int error = deliver(data, buf, count, datatype, &result);
    release_message(m);
    if (status != nullptr) *status = result;
    return error;
  }
  ReceiveArguments a = matched_receive(buf, count, datatype, m);
  std::int64_t error = cross(&a, LowerEntry::custom_mrecv);
  Counts counts = receive_counts(m->comm);
  if (error != not_yet && counts != Counts::receive) uncount_received();
  release_message(m);
  if (__builtin_expect(error == not_yet, 0)) {
    Request* r = new_request(RequestKind::receive);
    activate(r, a.request, counts);
    await_all(&r, 1);
    return take_result(&r, status);
  }
  if (status != nullptr) *status = as_status(a.status);
  return static_cast<int>(error);
}

int imrecv(void* buf, int count, Datatype* datatype, Message** message, Request** request) {
  if (int error = check_message(message)) return error;
  if (!usable(datatype)) return mpi::ERR_TYPE;
  WrapperScope scope;
  Message* m = *message;
  Request* r = new_request(RequestKind::receive);
  int error = 0;
  if (m == &no_proc_message) {
    complete_at_once(r, no_proc_status);
  } else if (DrainedMessage* data = take_data(m)) {
    Status status;
    deliver(data, buf, count, datatype, &status);
    complete_at_once(r, status);
    release_message(m);
  } else {
    ReceiveArguments a = matched_receive(buf, count, datatype, m);
    error = static_cast<int>(cross(&a, LowerEntry::custom_imrecv));
    if (error == 0) activate(r, a.request, receive_counts(m->comm));
    release_message(m);
  }
  *message = &null_message;
  if (error != 0)
    release_request(r);
  else
    *request = r;
  return error;
}

}  // namespace mana::api
