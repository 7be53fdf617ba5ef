// SPDX-License-Identifier: Apache-2.0
// Synchronous sends across a cut. One must not complete before its matching receive has started (MPI 4.1 §3.4), but the
// drain receives its message long before that. So its sender asks the receiver's rank, in the drain, what became of the
// message; the request stays active, and completes when that rank acknowledges: at once after the cut if a receive had
// matched the message, else when a receive or a matched probe takes it out of the drained ones.
//
// A message is named by its envelope (communicator, sender, tag) and the number of later sends with the same envelope:
// they are received in order, so that is its place from the end in what was drained.
#pragma once

#include "upper_half/drained.hpp"
#include "upper_half/request.hpp"

namespace mana::upper {

/// While a synchronous send may be pending, every send is written down.
extern bool sends_are_logged;
void log_send(const Comm* comm, std::int32_t dest, std::int32_t tag);

/// Call for every send before it is started.
[[gnu::always_inline]] inline void note_send(const Comm* comm, std::int32_t dest, std::int32_t tag) {
  if (__builtin_expect(sends_are_logged, 0)) log_send(comm, dest, tag);
}
/// A described synchronous send is about to be started, instead of note_send().
void note_synchronous_send(Request* r);

/// A drained message has been matched: tells its sender, if that waits for it.
void acknowledge(DrainedMessage* message);

/// Drain, before the rank is reported at the line: asks what becomes of the own pending synchronous sends.
void ask_about_synchronous_sends();
/// Drain: takes the questions of others that have arrived; true if there was one.
bool take_questions();
/// The drain has ended; `complete`: all of the job's messages have been received (else the round was given up, and what the
/// drain has received counts as matched).
void settle_questions(bool complete);
/// Restart, before any other thread goes on: waits for the acknowledgements in the fresh lower half.
void rebuild_acknowledgements();
/// After the line: sends the acknowledgements that are due.
void send_acknowledgements();

/// A synchronous send that waits for an acknowledgement.
[[gnu::always_inline]] inline bool is_held(const Request* r) {
  return r->cell.kind == RequestKind::send && (r->cell.counts == Counts::receive || r->cell.counts == Counts::unconfirmed);
}

}  // namespace mana::upper
