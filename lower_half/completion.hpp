// SPDX-License-Identifier: Apache-2.0
// What the entries of point-to-point share: statuses, error classes, the pace of waiting, and completing a request in place.
// Compiled against each real mpi.h.
#pragma once

#include <sched.h>

#include <cstring>

#include "common/comm_args.hpp"
#include "common/gate.hpp"
#include "common/mpi_constants.hpp"
#include "common/p2p_args.hpp"
#include "common/thread_record.hpp"
#include "lower_half/native.hpp"

namespace mana::lower {

/// The pace of a waiting loop: spins as the native wait does, then lets other processes run.
class Pace {
 public:
  void idle() {
    if (++polls_ > 512 && (polls_ & 15) == 0) sched_yield();
  }

 private:
  unsigned polls_ = 0;
};

inline LowerStatus canonical(const MPI_Status& status) {
  LowerStatus out;
  out.source = standard_rank(status.MPI_SOURCE);
  out.tag = standard_tag(status.MPI_TAG);
  out.error = 0;
  out.cancelled = status_cancelled(status);
  out.count_bytes = status_bytes(status);
  return out;
}

inline std::int64_t class_of(int code) { return __builtin_expect(code == MPI_SUCCESS, 1) ? 0 : standard_error(code); }

inline MPI_Datatype native_type(std::uint64_t real) { return real == 0 ? MPI_BYTE : native<MPI_Datatype>(real); }
inline MPI_Datatype native_type(const upper::Datatype* type) { return type == nullptr ? MPI_BYTE : native<MPI_Datatype>(real_of(type)); }

inline bool threads_multiple() { return gate().upper->thread_level == mpi::THREAD_MULTIPLE; }

inline void add(volatile std::uint64_t& counter, std::uint64_t n) {
  if (__builtin_expect(threads_multiple(), 0))
    __atomic_fetch_add(&counter, n, __ATOMIC_RELAXED);
  else
    counter = counter + n;
}

/// A communicator made by a nonblocking operation is there: its object gets the handle and its block of ids before anybody
/// can look at it. The broadcast of the latter has been started by every member.
inline void take_new_comm(RequestCell& cell) {
  if (cell.status.error != 0) return;
  auto& made = *static_cast<custom::NewComm*>(cell.buffer);
  MPI_Comm comm;
  memcpy(&comm, &made.real, sizeof comm);
  PMPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
  set_real(cell.comm, bits(comm));
  if (made.agreement == 0) return;
  MPI_Request agreement = native<MPI_Request>(made.agreement);
  if (PMPI_Wait(&agreement, MPI_STATUS_IGNORE) != MPI_SUCCESS) return;
  for (int i = 0; i < 2; ++i)
    if (made.agreed[i] != 0) *made.places[i] = made.agreed[i];
}

/// Counts a request that has become complete. `cancelled` matters only after MPI_Cancel.
inline void count_completion(RequestCell& cell, bool cancelled) {
  switch (cell.counts) {
    case Counts::receive:
    case Counts::operation: add(gate().upper->received, 1); break;
    case Counts::creation:
      take_new_comm(cell);
      add(gate().upper->received, 1);
      break;
    case Counts::cancelled_receive:
      if (!cancelled) add(gate().upper->received, 1);
      break;
    case Counts::cancelled_send:
      if (cancelled) add(gate().upper->sent, static_cast<std::uint64_t>(-1));
      break;
    case Counts::nothing:
    case Counts::elsewhere:
    case Counts::foreign_receive:
    case Counts::send:
    case Counts::synchronous_send:
    case Counts::unconfirmed: break;
  }
}

/// The status of a receive from MPI_PROC_NULL (MPI 4.1 §3.10); MPICH 4.0 leaves the one of a nonblocking receive unset.
inline constexpr LowerStatus from_nobody = {mpi::PROC_NULL, mpi::ANY_TAG, 0, 0, 0};

inline void mark_complete(RequestCell& cell) {
  cell.real = 0;
  asm volatile("" : : : "memory");
  cell.state = RequestState::complete;
}

/// Only these have a status with a meaning (MPI 4.1 §3.7.3).
inline bool has_status(const RequestCell& cell) { return cell.kind == RequestKind::receive || cell.kind == RequestKind::file; }

/// The request has completed with this result. False: it may not, see `Counts::synchronous_send`.
inline bool complete(RequestCell& cell, int code, const MPI_Status& status) {
  if (__builtin_expect(cell.counts == Counts::synchronous_send && gate().stop != 0 && code == MPI_SUCCESS, 0)) {
    cell.real = 0;
    cell.counts = Counts::unconfirmed;
    return false;
  }
  if (cell.counts == Counts::send || !has_status(cell))
    cell.status = {mpi::ANY_SOURCE, mpi::ANY_TAG, 0, 0, 0};
  else if (cell.kind == RequestKind::file)  // only the count and the cancelled flag are defined (MPI 4.1 §14.4.1)
    cell.status = {mpi::ANY_SOURCE, mpi::ANY_TAG, 0, status_cancelled(status), status_bytes(status)};
  else if (__builtin_expect(cell.counts == Counts::nothing, 0))
    cell.status = from_nobody;
  else
    cell.status = canonical(status);
  if (__builtin_expect(code != MPI_SUCCESS, 0)) cell.status.error = standard_error(code);
  count_completion(cell, cell.status.cancelled != 0);
  mark_complete(cell);
  return true;
}

/// True for a request that waits for the checkpoint line. Where the stop was taken back before this rank came to the line,
/// no drain has been: it is complete.
inline bool waits_for_line(RequestCell& cell) {
  if (__builtin_expect(cell.counts != Counts::unconfirmed, 1)) return false;
  if (gate().stop != 0) return true;
  cell.status = {mpi::ANY_SOURCE, mpi::ANY_TAG, 0, 0, 0};
  mark_complete(cell);
  return true;
}

inline bool test(RequestCell& cell) {
  MPI_Request request = native<MPI_Request>(cell.real);
  MPI_Status status;
  int flag = 0;
  int code = PMPI_Test(&request, &flag, &status);
  if (!flag && __builtin_expect(code == MPI_SUCCESS, 1)) return false;
  return complete(cell, code, status);
}

/// Polls one request until it completes or the job stops; true: complete, with its error class in `error` and, unless it is
/// to be ignored, its result in `status`.
inline bool poll_native(MPI_Request* request, bool ignore, LowerStatus* status, std::int64_t* error) {
  Pace pace;
  for (;;) {
    MPI_Status done;
    int flag = 0;
    int code = PMPI_Test(request, &flag, ignore ? MPI_STATUS_IGNORE : &done);
    if (flag || __builtin_expect(code != MPI_SUCCESS, 0)) {
      if (!ignore) *status = canonical(done);
      *error = class_of(code);
      return true;
    }
    if (__builtin_expect(gate().stop != 0, 0)) return false;
    pace.idle();
  }
}

}  // namespace mana::lower
