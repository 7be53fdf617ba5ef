// SPDX-License-Identifier: Apache-2.0
// Starting persistent operations, and persistent point-to-point (MPI 4.1 §3.9). A persistent request only remembers its arguments; each Start is a fresh
// nonblocking operation, which costs the real MPI no more and leaves nothing to remake after a restart.
#include "gen/upper_api.hpp"
#include "upper_half/bsend.hpp"
#include "upper_half/collective_request.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/p2p.hpp"
#include "upper_half/partitioned.hpp"

namespace mana::upper {
namespace {

int check_arguments(int count, const Datatype* type, int peer, int tag, const Comm* comm, bool receive) {
  if (int error = check_handles(comm, type)) return error;
  if (comm->real.bits == 0 || comm->vid == mpi::COMM_NULL) return mpi::ERR_COMM;
  if (count < 0) return mpi::ERR_COUNT;
  if (peer < 0 && peer != mpi::PROC_NULL && !(receive && peer == mpi::ANY_SOURCE)) return mpi::ERR_RANK;
  if (tag < 0 && !(receive && tag == mpi::ANY_TAG)) return mpi::ERR_TAG;
  return 0;
}

int initialize(RequestKind kind, SendMode mode, const void* buffer, int count, Datatype* type, int peer, int tag, Comm* comm, Request** request) {
  if (int error = check_arguments(count, type, peer, tag, comm, kind == RequestKind::receive)) return error;
  WrapperScope scope;
  Request* r = new_request(kind);
  r->cell.special = special::persistent;
  describe(r, mode, buffer, count, type, peer, tag, comm);
  keep_arguments(r);
  *request = r;
  return 0;
}

int start_one(Request* r) {
  if (r == nullptr || !r->is(special::persistent) || r->cell.state != RequestState::inactive) return mpi::ERR_REQUEST;
  r->cell.sequence = next_posting();
  if (r->is(special::partitioned)) return start_partitioned(r);
  const RequestCell& c = r->cell;
  switch (c.kind) {
    case RequestKind::receive: return start_receive(r);
    case RequestKind::send: return start_send(r);
    case RequestKind::buffered_send: {
      int error = start_buffered_send(c.buffer, c.count, c.type, c.peer, c.tag, c.comm);
      if (error == 0) complete_at_once(r, empty_status);
      return error;
    }
    case RequestKind::collective: return start_persistent_collective(r);
    default: return mpi::ERR_REQUEST;
  }
}

}  // namespace
}  // namespace mana::upper

namespace mana::api {

int send_init(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm, Request** request) {
  return initialize(RequestKind::send, SendMode::standard, buf, count, datatype, dest, tag, comm, request);
}

int ssend_init(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm, Request** request) {
  return initialize(RequestKind::send, SendMode::synchronous, buf, count, datatype, dest, tag, comm, request);
}

int rsend_init(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm, Request** request) {
  return initialize(RequestKind::send, SendMode::ready, buf, count, datatype, dest, tag, comm, request);
}

int bsend_init(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm, Request** request) {
  return initialize(RequestKind::buffered_send, SendMode::standard, buf, count, datatype, dest, tag, comm, request);
}

int recv_init(void* buf, int count, Datatype* datatype, int source, int tag, Comm* comm, Request** request) {
  return initialize(RequestKind::receive, SendMode::standard, buf, count, datatype, source, tag, comm, request);
}

int start(Request** request) {
  WrapperScope scope;
  return start_one(*request);
}

int startall(int count, Request** array_of_requests) {
  WrapperScope scope;
  for (int i = 0; i < count; ++i)
    if (int error = start_one(array_of_requests[i])) return error;
  return 0;
}

}  // namespace mana::api
