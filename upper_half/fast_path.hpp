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

/// A valid message to or from MPI_PROC_NULL (MPI 4.1 §3.10), which needs no other rank, nor the real MPI. Where it may be wrong, that says so.
[[gnu::always_inline]] inline bool nobody(const void* buffer, int count, const Datatype* type, int tag, const Comm* comm) {
  constexpr int least_tag_limit = 32767;
  return usable(comm) && usable(type) && type->committed && buffer != nullptr && count >= 0 && tag >= 0 && tag <= least_tag_limit;
}
inline constexpr Status from_nobody{mpi::PROC_NULL, mpi::ANY_TAG, 0, 0, 0};

inline Request* request_of_nobody(RequestKind kind, const void* buffer, int count, Datatype* type, int tag, Comm* comm) {
  Request* r = new_request(kind);
  describe(r, SendMode::standard, buffer, count, type, mpi::PROC_NULL, tag, comm);
  complete_at_once(r, kind == RequestKind::send ? empty_status : from_nobody);
  return r;
}

/// A call of the real MPI's own function (gen/custom_entries.table); 0 or the class of its error.
template <LowerEntry real, class... Argument>
[[gnu::always_inline]] inline int call_real(Argument... arguments) {
  int code = cross_to<real>(arguments...);
  if (__builtin_expect(code != 0, 0)) code = static_cast<int>(cross_with(LowerEntry::custom_error_class, code));
  return code;
}

/// Room for a status of any real MPI.
struct NativeStatus {
  alignas(16) unsigned char bytes[64];
};

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
      int error = call_real<LowerEntry::real_send>(buf, count, datatype->real.bits, dest, tag, comm->real.bits);
      if (__builtin_expect(error != 0, 0)) message.take_back();
      return error;
    }
    if (__builtin_expect(dest == mpi::PROC_NULL && nobody(buf, count, datatype, tag, comm), 0)) return 0;
  }
  return api::send(buf, count, datatype, dest, tag, comm);
}

/// The receives that have been put off, for a crossing that posts them on its way.
class DeferredPosts {
 public:
  /// Null: there are none. Valid as long as this object.
  [[gnu::always_inline]] const PostArguments* take() {
    if (deferred.count == 0) return nullptr;
    posts_ = deferred.take();
    return &posts_;
  }

 private:
  PostArguments posts_;
};

[[gnu::always_inline]] inline int isend(const void* buf, int count, Datatype* datatype, int dest, int tag, Comm* comm, Request** request) {
  {
    WrapperScope scope;
    if (__builtin_expect(plain_send(datatype, dest, comm), 1)) {
      post_deferred();
      SentMessage message;
      std::uint64_t real = 0;  // a handle of the real MPI may be narrower
      int error = call_real<LowerEntry::real_isend>(buf, count, datatype->real.bits, dest, tag, comm->real.bits, &real);
      if (__builtin_expect(error != 0, 0)) {
        message.take_back();
        return error;
      }
      Request* r = new_request_alone(RequestKind::send);
      describe(r, SendMode::standard, buf, count, datatype, dest, tag, comm);
      activate(r, real, Counts::send);
      *request = r;
      return 0;
    }
    if (__builtin_expect(dest == mpi::PROC_NULL && nobody(buf, count, datatype, tag, comm), 0)) {
      *request = request_of_nobody(RequestKind::send, buf, count, datatype, tag, comm);
      return 0;
    }
  }
  return api::isend(buf, count, datatype, dest, tag, comm, request);
}

/// The receive is put off until the next crossing (DeferredReceives): the real MPI has to take it then.
[[gnu::always_inline]] inline bool plain_receive(int count, const Datatype* type, int source, int tag, const Comm* comm) {
  return no_caution() && usable(comm) && usable(type) && !deferred.is_full() && surely_valid_receive(count, type, source, tag, comm);
}

[[gnu::always_inline]] inline int irecv(void* buf, int count, Datatype* datatype, int source, int tag, Comm* comm, Request** request) {
  {
    WrapperScope scope;
    if (__builtin_expect(plain_receive(count, datatype, source, tag, comm), 1)) {
      Request* r = new_request_alone(RequestKind::receive);
      describe(r, SendMode::standard, buf, count, datatype, source, tag, comm);
      keep_arguments(r);
      deferred.add(r);
      *request = r;
      return 0;
    }
    if (__builtin_expect(source == mpi::PROC_NULL && nobody(buf, count, datatype, tag == mpi::ANY_TAG ? 0 : tag, comm), 0)) {
      *request = request_of_nobody(RequestKind::receive, buf, count, datatype, tag, comm);
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
      int error = cross_to<LowerEntry::real_recv>(buf, count, datatype->real.bits, envelope, comm->real.bits, &result);
      if (__builtin_expect(error == not_yet, 0)) return finish_posted_receive(result.request, buf, count, datatype, source, tag, comm, status);
      if (status != nullptr) *status = error == 0 || error == mpi::ERR_TRUNCATE ? as_status(result.status) : empty_status;
      return error;
    }
    if (__builtin_expect(source == mpi::PROC_NULL && nobody(buf, count, datatype, tag == mpi::ANY_TAG ? 0 : tag, comm), 0)) {
      if (status != nullptr) *status = from_nobody;
      return 0;
    }
  }
  return api::recv(buf, count, datatype, source, tag, comm, status);
}

[[gnu::always_inline]] inline int iprobe(int source, int tag, Comm* comm, int* flag, Status* status) {
  {
    WrapperScope scope;
    if (__builtin_expect(no_caution() && plain_source(source) && usable(comm), 1)) {
      post_deferred();
      NativeStatus found;
      void* wanted = status != nullptr ? found.bytes : gate().status_ignore;
      int error = call_real<LowerEntry::real_iprobe>(source >= 0 ? source : gate().any_source, tag == mpi::ANY_TAG ? gate().any_tag : tag, comm->real.bits,
                                                     flag, wanted);
      if (error == 0 && *flag != 0 && status != nullptr) {
        LowerStatus canonical;
        cross_with(LowerEntry::custom_canonical_status, found.bytes, &canonical);
        *status = as_status(canonical);
      }
      return error;
    }
  }
  return api::iprobe(source, tag, comm, flag, status);
}

/// A request that the real MPI alone completes, and that nothing else hangs on.
[[gnu::always_inline]] inline bool plain_active(const Request* r) {
  return r != nullptr && r->is_active() && r->cell.counts <= Counts::send && no_caution() && unmatched_receives == 0;
}

/// The real MPI has completed the request, or could not.
[[gnu::always_inline]] inline void finish_tested(RequestCell& cell, int code, const NativeStatus& found) {
  if (code != 0 || cell.counts != Counts::send) {
    cross_with(LowerEntry::custom_tested, &cell, code, found.bytes);
    return;
  }
  cell.status = {mpi::ANY_SOURCE, mpi::ANY_TAG, 0, 0, 0};
  cell.real = 0;
  asm volatile("" : : : "memory");
  cell.state = RequestState::complete;
}

[[gnu::always_inline]] inline int wait(Request** request, Status* status) {
  {
    WrapperScope scope(ThreadPlace::waiting);
    Request* r = *request;
    if (__builtin_expect(plain_active(r), 1)) {
      DeferredPosts posts;
      if (__builtin_expect(cross_to<LowerEntry::real_wait>(&r->cell, posts.take()) == 0, 1)) return take_result(request, status);
    }
  }
  return api::wait(request, status);
}

/// Statuses are the body's, and whatever is not plain, which the lower half sees.
[[gnu::always_inline]] inline int waitall(int count, Request** list, Status* statuses) {
  if (statuses == nullptr && count > 0 && count <= most_at_once && list != nullptr) {
    WrapperScope scope(ThreadPlace::waiting);
    if (__builtin_expect(no_caution() && unmatched_receives == 0, 1)) {
      bool all_deferred = deferred.are(list, count);
      DeferredPosts posts;
      std::int64_t rest = all_deferred ? cross_to<LowerEntry::real_receive_all>(posts.take())
                                       : cross_to<LowerEntry::real_waitall>(list, static_cast<std::int64_t>(count), posts.take());
      if (__builtin_expect(rest == 0, 1)) {
        requests.replace(list, count, &null_request);
        return 0;
      }
    }
  }
  return api::waitall(count, list, statuses);
}

[[gnu::always_inline]] inline int test(Request** request, int* flag, Status* status) {
  {
    WrapperScope scope;
    Request* r = *request;
    if (__builtin_expect(plain_active(r), 1)) {
      post_deferred();
      NativeStatus found;
      *flag = 0;
      int code = cross_to<LowerEntry::real_test>(&r->cell.real, flag, found.bytes);
      if (__builtin_expect(*flag == 0 && code == 0, 1)) return 0;
      *flag = 1;
      finish_tested(r->cell, code, found);
      return take_result(request, status);
    }
  }
  return api::test(request, flag, status);
}

[[gnu::always_inline]] inline int barrier(Comm* comm) {
  if (__builtin_expect(!usable(comm), 0)) return mpi::ERR_COMM;
  CollectiveScope scope(comm, "MPI_Barrier");
  return call_real<LowerEntry::real_barrier>(comm->real.bits);
}

[[gnu::always_inline]] inline int bcast(void* buffer, int count, Datatype* datatype, int root, Comm* comm) {
  if (__builtin_expect(root < 0 || !usable(comm) || !usable(datatype), 0)) return api::bcast(buffer, count, datatype, root, comm);
  CollectiveScope scope(comm, "MPI_Bcast");
  return call_real<LowerEntry::real_bcast>(buffer, count, datatype->real.bits, root, comm->real.bits);
}

[[gnu::always_inline]] inline int allreduce(const void* sendbuf, void* recvbuf, int count, Datatype* datatype, Op* op, Comm* comm) {
  if (__builtin_expect(!usable(comm) || !usable(op) || !usable(datatype) || !op->predefined, 0))
    return api::allreduce(sendbuf, recvbuf, count, datatype, op, comm);
  CollectiveScope scope(comm, "MPI_Allreduce");
  return call_real<LowerEntry::real_allreduce>(sendbuf == mpi::IN_PLACE ? gate().in_place : sendbuf, recvbuf, count, datatype->real.bits, op->real.bits,
                                               comm->real.bits);
}

}  // namespace mana::fast
