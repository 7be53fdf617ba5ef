// SPDX-License-Identifier: Apache-2.0
// Starting and finishing single operations: the parts that blocking, nonblocking and persistent calls share.
#pragma once

#include <limits>

#include "upper_half/comm.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/request.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {

/// Error class of a bad communicator or datatype, 0 if both are usable.
[[gnu::always_inline]] inline int check_handles(const Comm* comm, const Datatype* type) {
  if (!__builtin_expect(usable(comm), 1)) return mpi::ERR_COMM;
  if (!__builtin_expect(usable(type), 1)) return mpi::ERR_TYPE;
  return 0;
}

/// The real MPI will take this receive: it may learn of it later. All others get their error at once.
[[gnu::always_inline]] inline bool surely_valid_receive(std::int64_t count, const Datatype* type, int source, int tag, const Comm* comm) {
  bool from = static_cast<unsigned>(source) < static_cast<unsigned>(comm->peers()) || source == mpi::ANY_SOURCE;
  return from && (tag >= 0 || tag == mpi::ANY_TAG) && count >= 0 && count <= std::numeric_limits<int>::max() && type->committed;
}

/// Messages from and to other jobs are none of those that the drain waits for: they are not counted.
[[gnu::always_inline]] inline void count_sent_on(const Comm* comm, std::int32_t dest, std::int64_t n = 1) {
  if (__builtin_expect(!comm->foreign, 1)) count_sent(dest, n);
}
inline Counts receive_counts(const Comm* comm) { return comm->foreign ? Counts::foreign_receive : Counts::receive; }
inline void uncount_received() { __atomic_fetch_sub(&interface().received, 1, __ATOMIC_RELAXED); }

/// A receive that has been posted already becomes a request, and the wait goes on.
int finish_posted_receive(std::uint64_t real, void* buffer, std::int64_t count, Datatype* type, int source, int tag, Comm* comm, Status* status);
/// Starts the described send of an inactive request in the real MPI, and counts it. Returns an error class.
int start_send(Request* r);
/// Starts the described receive of an inactive request: from the drained messages, or in the real MPI.
int start_receive(Request* r);
/// Posts the described receive in the real MPI, whatever has been drained.
int post_receive(Request* r);

/// Packs into a new arena block; null on error, with the class in `*error`.
void* pack_to_memory(const void* buffer, std::int64_t count, Datatype* type, std::int64_t* bytes, int* error);

}  // namespace mana::upper
