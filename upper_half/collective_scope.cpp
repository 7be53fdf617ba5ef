// SPDX-License-Identifier: Apache-2.0
// The slow way into a collective, taken only while a checkpoint is asked for.
#include "upper_half/collectives.hpp"
#include "upper_half/cross.hpp"

namespace mana::upper {
namespace {

/// The targets of the present request let this rank enter once more.
bool may_enter(const CommunicatorCounter& counter, std::uint32_t request) {
  return gate().targets_known == request && counter.target_request == request && counter.entered + 1 <= counter.target;
}

/// "Inside" first, then the count: the agent never sees a count that nobody is inside for.
void enter(CommunicatorCounter& counter) {
  WrapperScope::set(ThreadPlace::blocking_collective);
  counter.entered = counter.entered + 1;
  asm volatile("" : : : "memory");
}

/// The count goes back before the place: the agent never takes a held rank for one that is done. `times_held` in between tells
/// it that a count it has just read may be the one that was taken back.
void step_back(CommunicatorCounter& counter) {
  counter.entered = counter.entered - 1;
  asm volatile("" : : : "memory");
  ThreadRecord& me = this_thread();
  me.times_held = me.times_held + 1;
  asm volatile("" : : : "memory");
  WrapperScope::set(ThreadPlace::parked_before_collective);
}

/// Waits in front of the collective for a while. The real MPI goes on working for the other ranks.
void wait_in_front() {
  if (stop_wanted())
    checkpoint_line();
  else
    cross(nullptr, LowerEntry::custom_progress);
}

}  // namespace

void CollectiveScope::enter_slowly(ThreadRecord& me, CommunicatorCounter& counter) {
  step_back(counter);
  for (;;) {
    std::uint32_t request = gate().pending;
    if (request != 0 && !may_enter(counter, request)) {
      wait_in_front();
      continue;
    }
    enter(counter);
    if (gate().pending == request) break;  // the permission was of the present request, or there is still none
    step_back(counter);
  }
  me.call_communicator = counter.id;
}

}  // namespace mana::upper
