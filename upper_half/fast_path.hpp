// SPDX-License-Identifier: Apache-2.0
// The plain case of the calls that programs make most often, inline in the shells: everything valid, nothing drained, one
// thread. One crossing with its arguments in registers, no argument struct. All that is not plain goes to the body of the
// same name in mana::api, which does the whole of it.
#pragma once

#include "gen/upper_api.hpp"
#include "upper_half/caution.hpp"
#include "upper_half/collectives.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/op.hpp"
#include "upper_half/p2p.hpp"
#include "upper_half/partitioned.hpp"
#include "upper_half/request.hpp"

namespace mana::fast {

using namespace mana::upper;

[[gnu::always_inline]] inline bool plain_send(const Datatype* type, int dest, const Comm* comm) {
  return no_caution() && dest >= 0 && usable(comm) && usable(type);
}
/// Any source and any tag are plain, too; MPI_PROC_NULL is not.
[[gnu::always_inline]] inline bool plain_source(int source) { return source >= 0 || source == mpi::ANY_SOURCE; }

/// Counts a message as sent before it is, so that no receive can be counted earlier.
class SentMessage {
 public:
  [[gnu::always_inline]] SentMessage() { sent() = sent() + 1; }
  /// It was not sent after all.
  [[gnu::always_inline]] void take_back() { sent() = sent() - 1; }

 private:
  [[gnu::always_inline]] static volatile std::uint64_t& sent() { return interface().sent; }
};

[[gnu::always_inline]] inline int send(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm) {
  {
    WrapperScope scope(ThreadPlace::blocking_send);
    if (__builtin_expect(plain_send(datatype, dest, comm), 1)) {
      post_deferred();
      SentMessage message;
      std::int64_t error = cross_with(LowerEntry::custom_fast_send, buf, count, datatype->real.bits, dest, tag, comm->real.bits);
      if (__builtin_expect(error != 0, 0)) message.take_back();
      return static_cast<int>(error);
    }
  }
  return api::send(buf, count, datatype, dest, tag, comm);
}

/// The receives that have been put off, for a crossing that posts them on its way.
class DeferredPosts {
 public:
  /// Null: there are none. Valid as long as this object.
  [[gnu::always_inline]] const PostArguments* take() {
    if (deferred.count == 0) return nullptr;
    posts_ = {reinterpret_cast<void* const*>(deferred.list), deferred.count};
    deferred.count = 0;
    return &posts_;
  }

 private:
  PostArguments posts_;
};

[[gnu::always_inline]] inline int isend(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm, Request** request) {
  {
    WrapperScope scope;
    if (__builtin_expect(plain_send(datatype, dest, comm), 1)) {
      Request* r = new_request(RequestKind::send);
      describe(r, SendMode::standard, buf, count, datatype, dest, tag, comm);
      SentMessage message;
      std::int64_t error;
      if (deferred.count == 0) {
        error = cross_with(LowerEntry::custom_fast_isend, &r->cell, count, datatype->real.bits, dest, tag, comm->real.bits);
      } else {
        DeferredPosts posts;
        error = cross_with(LowerEntry::custom_fast_post_isend, &r->cell, posts.take());
      }
      if (__builtin_expect(error == 0, 1)) {
        *request = r;
        return 0;
      }
      message.take_back();
      release_request(r);
      return static_cast<int>(error);
    }
  }
  return api::isend(buf, count, datatype, dest, tag, comm, request);
}

/// The receive is put off until the next crossing (DeferredReceives): the real MPI has to take it then.
[[gnu::always_inline]] inline bool plain_receive(const Datatype* type, std::int64_t count, int source, int tag, const Comm* comm) {
  if (!no_caution() || !usable(comm) || !usable(type) || deferred.count == DeferredReceives::capacity) return false;
  bool from = static_cast<unsigned>(source) < static_cast<unsigned>(comm->peers()) || source == mpi::ANY_SOURCE;
  return from && (tag >= 0 || tag == mpi::ANY_TAG) && count >= 0 && type->committed;
}

[[gnu::always_inline]] inline int irecv(void* buf, int count, Datatype* datatype, int source, int tag, Comm* comm, Request** request) {
  {
    WrapperScope scope;
    if (__builtin_expect(plain_receive(datatype, count, source, tag, comm), 1)) {
      Request* r = new_request(RequestKind::receive);
      describe(r, SendMode::standard, buf, count, datatype, source, tag, comm);
      keep_arguments(r);
      r->cell.counts = Counts::receive;
      r->cell.state = RequestState::active;
      deferred.list[deferred.count++] = r;
      *request = r;
      return 0;
    }
  }
  return api::irecv(buf, count, datatype, source, tag, comm, request);
}

[[gnu::always_inline]] inline int recv(void* buf, int count, Datatype* datatype, int source, int tag, Comm* comm, Status* status) {
  {
    WrapperScope scope(ThreadPlace::waiting);
    if (__builtin_expect(no_caution() && plain_source(source) && usable(comm) && usable(datatype), 1)) {
      post_deferred();
      FastReceive result;
      result.wanted = status != nullptr ? 1 : 0;
      std::uint64_t envelope = static_cast<std::uint32_t>(source) | static_cast<std::uint64_t>(static_cast<std::uint32_t>(tag)) << 32;
      std::int64_t error = cross_with(LowerEntry::custom_fast_recv, buf, count, datatype->real.bits, envelope, comm->real.bits, &result);
      if (__builtin_expect(error == not_yet, 0))
        return finish_posted_receive(result.request, buf, count, datatype, source, tag, comm, status);
      if (status != nullptr) *status = error == 0 || error == mpi::ERR_TRUNCATE ? as_status(result.status) : empty_status;
      return static_cast<int>(error);
    }
  }
  return api::recv(buf, count, datatype, source, tag, comm, status);
}

[[gnu::always_inline]] inline int iprobe(int source, int tag, Comm* comm, int* flag, Status* status) {
  {
    WrapperScope scope;
    if (__builtin_expect(no_caution() && plain_source(source) && usable(comm), 1)) {
      post_deferred();
      return static_cast<int>(cross_with(LowerEntry::custom_fast_iprobe, source, tag, comm->real.bits, flag, status));
    }
  }
  return api::iprobe(source, tag, comm, flag, status);
}

/// A request that the real MPI alone completes, and that nothing else hangs on.
[[gnu::always_inline]] inline bool plain_active(const Request* r) {
  return r != nullptr && r->is_active() && r->cell.counts <= Counts::send && no_caution() && unmatched_receives == 0;
}

[[gnu::always_inline]] inline int wait(Request** request, Status* status) {
  {
    WrapperScope scope(ThreadPlace::waiting);
    Request* r = *request;
    if (__builtin_expect(plain_active(r), 1)) {
      DeferredPosts posts;
      if (__builtin_expect(cross_with(LowerEntry::custom_fast_wait, &r->cell, posts.take()) == 0, 1)) return take_result(request, status);
    }
  }
  return api::wait(request, status);
}

[[gnu::always_inline]] inline int test(Request** request, int* flag, Status* status) {
  {
    WrapperScope scope;
    Request* r = *request;
    if (__builtin_expect(plain_active(r), 1)) {
      post_deferred();
      cross_with(LowerEntry::custom_fast_test, &r->cell);
      *flag = r->is_active() ? 0 : 1;
      return *flag != 0 ? take_result(request, status) : 0;
    }
  }
  return api::test(request, flag, status);
}

[[gnu::always_inline]] inline int barrier(Comm* comm) {
  if (__builtin_expect(!usable(comm), 0)) return mpi::ERR_COMM;
  CollectiveScope scope(comm, "MPI_Barrier");
  return static_cast<int>(cross_with(LowerEntry::custom_fast_barrier, comm->real.bits));
}

[[gnu::always_inline]] inline int bcast(void* buffer, int count, Datatype* datatype, int root, Comm* comm) {
  if (__builtin_expect(root < 0 || !usable(comm) || !usable(datatype), 0)) return api::bcast(buffer, count, datatype, root, comm);
  CollectiveScope scope(comm, "MPI_Bcast");
  return static_cast<int>(cross_with(LowerEntry::custom_fast_bcast, buffer, count, datatype->real.bits, root, comm->real.bits));
}

[[gnu::always_inline]] inline int allreduce(const void* sendbuf, void* recvbuf, int count, Datatype* datatype, Op* op, Comm* comm) {
  if (__builtin_expect(!usable(comm) || !usable(op) || !usable(datatype) || !op->predefined, 0))
    return api::allreduce(sendbuf, recvbuf, count, datatype, op, comm);
  CollectiveScope scope(comm, "MPI_Allreduce");
  return static_cast<int>(cross_with(LowerEntry::custom_fast_allreduce, sendbuf, recvbuf, count, datatype->real.bits, op->real.bits, comm->real.bits));
}

}  // namespace mana::fast
