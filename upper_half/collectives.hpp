// SPDX-License-Identifier: Apache-2.0
// Entering a collective: no barrier in front of it, only a counter per communicator. While a checkpoint is asked for, a
// rank enters only what others have entered already (at most its communicator's target), and waits in front otherwise.
#pragma once

#include "upper_half/request.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {

/// Held around every collective call of the real MPI: blocking ones, the start of nonblocking ones, creation of
/// communicators, windows and files. Counts it; parks in front of it while a checkpoint forbids it. The agent sees
/// the thread as "inside" from before it counts to the end of the scope.
///
/// Stores here and the agent's loads are ordered by the agent's membarrier(2) between setting `Gate::pending` and
/// reading the counters: no fence is needed on this side.
class CollectiveScope {
 public:
  [[gnu::always_inline]] CollectiveScope(Comm* comm, const char* call) : scope_(ThreadPlace::blocking_collective) {
    post_deferred();
    ThreadRecord& me = this_thread();
    CommunicatorCounter& counter = comm->counter;
    me.call = call;
    me.call_communicator = counter.id;
    counter.entered = counter.entered + 1;
    asm volatile("" : : : "memory");
    if (__builtin_expect(gate().pending != 0, 0)) enter_slowly(me, counter);
  }
  [[gnu::always_inline]] ~CollectiveScope() {
    WrapperScope::set(ThreadPlace::wrapper);
    this_thread().call = nullptr;
  }
  CollectiveScope(const CollectiveScope&) = delete;

 private:
  /// A checkpoint is asked for: takes the count back, waits for permission and counts again.
  static void enter_slowly(ThreadRecord& me, CommunicatorCounter& counter);
  WrapperScope scope_;
};

/// MPI 4.1 §6.8 forbids one buffer for both directions of an exchange. MPICH looks whether the arrays are one, too, which it
/// can't see where it gets copies of them.
inline bool is_refused_alias(const void* sendbuf, const void* recvbuf, const int* sendcounts, const int* recvcounts, const Comm& comm) {
  return gate().lower_mpi == 1 && sendbuf == recvbuf && sendbuf != nullptr && sendcounts == recvcounts && comm.inter == 0;
}

}  // namespace mana::upper
