// SPDX-License-Identifier: Apache-2.0
// The drain: between the stop of the job and its image, this rank receives everything that is in flight towards it. Posted
// receives of the real MPI match first, as MPI demands; the rest is taken by matched probes with wildcards into memory.
// The coordinator ends it when as many messages have been received as were sent, job-wide.
//
// Runs on the MPI thread at the checkpoint line, possibly in a signal handler: arena memory only.
#include "upper_half/drain.hpp"

#include <algorithm>

#include "common/arch.hpp"
#include "upper_half/checkpoint.hpp"
#include "upper_half/collective_request.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/message.hpp"
#include "upper_half/p2p.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/synchronous.hpp"
#include "upper_half/window.hpp"

namespace mana::upper {
namespace {

/// In the real MPI, and sure to complete by itself.
bool is_send(const Request* r) {
  return r->cell.kind != RequestKind::receive && r->cell.counts != Counts::elsewhere && !r->is(special::farewell) && !is_held(r);
}

/// One attempt at all own pending operations, except those that another thread works on.
bool progress_requests() {
  RequestLock lock;
  Vector<Request*> list = active_requests([](const Request* r) { return r->cell.waiters == 0; });
  if (list.empty()) return false;
  CompleteArguments a{{nullptr, 0}, reinterpret_cast<void* const*>(list.data()), static_cast<std::int64_t>(list.size()), 0, 0, 0};
  cross(&a, LowerEntry::custom_complete_some);
  return a.complete > 0;
}

/// Takes every message that has arrived on a communicator and that no posted receive wants.
bool receive_unexpected(Comm* comm) {
  if (comm == nullptr || comm->freed != 0 || comm->real.bits == 0) return false;
  RequestLock lock;
  bool moved = false;
  for (;;) {
    ProbeArguments a{comm->real.bits, mpi::ANY_SOURCE, mpi::ANY_TAG, 0, 0, 0, {}};
    if (cross(&a, LowerEntry::custom_mprobe) != 0 || a.found == 0) return moved;
    drained_messages.push(receive_into_memory(a.message, comm, as_status(a.status)));
    moved = true;
  }
}

bool receive_unexpected_everywhere() {
  bool moved = receive_unexpected(static_cast<Comm*>(predefined_objects[mpi::COMM_WORLD]));
  moved |= receive_unexpected(static_cast<Comm*>(predefined_objects[mpi::COMM_SELF]));
  RequestLock lock;  // another thread may be about to free a communicator
  comm_slots.each([&](Object* object) { moved |= receive_unexpected(static_cast<Comm*>(object)); });
  return moved;
}

/// No other thread of this rank can start an operation any more. Below MPI_THREAD_SERIALIZED no other thread calls MPI.
bool others_have_stopped() {
  if (interface().thread_level < mpi::THREAD_SERIALIZED) return true;
  InterfaceLock lock;
  if (interface().threads_starting != 0) return false;
  for (const ThreadRecord* record = interface().threads; record != nullptr; record = record->next)
    if (record != &this_thread() && record->place != static_cast<std::uint32_t>(ThreadPlace::at_line)) return false;
  return true;
}

bool sends_pending() {
  RequestLock lock;
  return !active_requests(is_send).empty();
}

}  // namespace

Vector<Request*> active_requests(bool (*wanted)(const Request*)) {
  Vector<Request*> list;
  requests.each([&](Request* r) {
    if (r->is_active() && wanted(r)) list.push_back(r);
  });
  std::sort(list.begin(), list.end(), [](const Request* a, const Request* b) { return a->cell.sequence < b->cell.sequence; });
  return list;
}

/// The rank is taken for one that sends no more as soon as no thread can start anything and its questions are counted.
bool came_to_line() {
  if (!others_have_stopped()) return false;
  ask_about_synchronous_sends();
  gate().at_line = 1;
  return true;
}

void drain() {
  bool at_line = came_to_line();
  // One thread at a time may be in the real MPI, and another one still is.
  while (!at_line && interface().thread_level == mpi::THREAD_SERIALIZED && gate().stop != 0) {
    arch::raw_syscall(SYS_sched_yield);
    at_line = came_to_line();
  }
  post_deferred();
  std::uint32_t ended;
  for (;;) {
    if (!at_line) at_line = came_to_line();
    ended = gate().drained;
    bool moved = progress_requests();
    moved |= take_questions();
    if (gate().all_stopped != 0) {
      moved |= receive_matched_messages();
      moved |= receive_unexpected_everywhere();
    }
    moved |= complete_windows();
    if (moved) continue;
    if (ended != 0 && (gate().stop == 0 || !sends_pending())) break;
    cross(nullptr, LowerEntry::custom_progress);
  }
  settle_questions(ended == 1);
}

/// Receives that were posted and not matched, in posting order. Everything else that was active at the cut is complete.
void rebuild_requests() {
  for (Request* r : active_requests([](const Request*) { return true; })) {
    if (is_held(r) || r->cell.counts == Counts::elsewhere) continue;
    if (r->is(special::farewell)) {
      rebuild_farewell(r);
      continue;
    }
    r->cell.state = RequestState::inactive;
    if (r->is_cancelling() || r->cell.kind != RequestKind::receive) {
      Status status = empty_status;
      status.cancelled = r->is_cancelling() ? 1 : 0;
      complete_at_once(r, status);
    } else if (int error = post_receive(r)) {
      fatal("can't post a receive again after the restart (error class %d)", error);
    }
  }
}

}  // namespace mana::upper
