// SPDX-License-Identifier: Apache-2.0
#include "upper_half/synchronous.hpp"

#include "upper_half/caution.hpp"

#include "upper_half/comm.hpp"
#include "upper_half/cross.hpp"

namespace mana::upper {

bool sends_are_logged = false;

namespace {

struct Envelope {
  std::uint64_t comm;
  std::int32_t peer, tag;
  friend bool operator==(const Envelope&, const Envelope&) = default;
};

/// A started synchronous send; over when its request is no longer the same active operation.
struct Pending {
  Request* request;
  std::uint64_t sequence;
  Envelope envelope;
  std::int32_t world_rank;
  std::uint64_t later;  ///< sends with this envelope after it, up to `logged`
  std::size_t logged;   ///< what of the log is contained in `later`
  std::int32_t ack_tag;

  bool is_over() const { return !request->is_active() || request->cell.sequence != sequence; }
};

Vector<Pending> pending;
Vector<Envelope> send_log;
std::size_t compact_at = 1024;
std::uint32_t next_ack = 0;

Vector<Question> questions;
struct Due {
  std::int32_t world_rank, ack_tag;
};
Vector<Due> acknowledgements_due;

void forget_what_is_over() {
  std::erase_if(pending, [](const Pending& p) { return p.is_over(); });
  if (!pending.empty()) return;
  send_log.clear();
  sends_are_logged = false;
  set_caution(caution::logged, false);
}

void count_later(Pending& p) {
  for (; p.logged < send_log.size(); ++p.logged)
    if (send_log[p.logged] == p.envelope) ++p.later;
}

/// Keeps the log short: what it says goes into the counts of those it matters to.
void compact() {
  forget_what_is_over();
  for (Pending& p : pending) {
    count_later(p);
    p.logged = 0;
  }
  send_log.clear();
  compact_at = pending.size() * 4 + 1024;
}

void send_acknowledgement(std::int32_t world_rank, std::int32_t ack_tag) {
  NoteArguments a{world_rank, ack_tag, 0, {}};
  count_sent(world_rank);
  cross(&a, LowerEntry::custom_note_send);
}

/// The request becomes a receive in the real MPI. Other threads may wait for it: they must never see it without one.
void await_acknowledgement(const Pending& p) {
  AcknowledgementArguments a{p.request, p.world_rank, p.ack_tag};
  cross(&a, LowerEntry::custom_await_acknowledgement);
}

bool same_round(const Question& q) { return q.round == gate().pending; }

/// Marks the message that the question is about; false: it has been matched.
bool mark(const Question& q) {
  Vector<DrainedMessage*> candidates;
  drained_messages.each([&](DrainedMessage* m) {
    if (m->comm->counter.id == q.comm && m->source == q.source && m->tag == q.tag) candidates.push_back(m);
  });
  if (q.later >= candidates.size()) return false;
  DrainedMessage* m = candidates[candidates.size() - 1 - q.later];
  m->waiting_sender = q.world_rank;
  m->ack_tag = q.ack_tag;
  return true;
}

}  // namespace

void log_send(const Comm* comm, std::int32_t dest, std::int32_t tag) {
  RequestLock lock;
  if (send_log.size() >= compact_at) compact();
  if (sends_are_logged) send_log.push_back({comm->counter.id, dest, tag});
}

void note_synchronous_send(Request* r) {
  const RequestCell& c = r->cell;
  if (c.peer < 0 || c.peer >= c.comm->peers()) return;
  RequestLock lock;
  if (send_log.size() >= compact_at || pending.size() >= compact_at) compact();
  Envelope envelope{c.comm->counter.id, c.peer, c.tag};
  sends_are_logged = true;
  set_caution(caution::logged);
  send_log.push_back(envelope);
  pending.push_back({r, c.sequence, envelope, c.comm->peer_group().world_ranks[static_cast<std::size_t>(c.peer)], 0, send_log.size(), 0});
}

void acknowledge(DrainedMessage* message) {
  if (__builtin_expect(message->waiting_sender < 0, 1)) return;
  send_acknowledgement(message->waiting_sender, message->ack_tag);
  message->waiting_sender = -1;
}

void ask_about_synchronous_sends() {
  RequestLock lock;
  forget_what_is_over();
  for (Pending& p : pending) {
    if (is_held(p.request) && p.request->cell.counts == Counts::receive) continue;  // asked at an earlier cut
    if (p.request->is_cancelling()) continue;
    count_later(p);
    p.ack_tag = static_cast<std::int32_t>(1 + (next_ack++ & 0xfffff));
    NoteArguments a{p.world_rank, 0, 0, {p.envelope.comm, p.later, p.request->cell.comm->rank, p.envelope.tag, p.ack_tag, interface().rank, gate().pending, 0}};
    count_sent(p.world_rank);
    cross(&a, LowerEntry::custom_note_send);
  }
}

bool take_questions() {
  bool moved = false;
  for (;;) {
    NoteArguments a{};
    if (cross(&a, LowerEntry::custom_note_take) != 0 || a.found == 0) return moved;
    interface().received = interface().received + 1;
    if (same_round(a.question)) questions.push_back(a.question);
    moved = true;
  }
}

void settle_questions(bool complete) {
  RequestLock lock;
  for (const Question& q : questions)
    if (complete && !mark(q)) acknowledgements_due.push_back({q.world_rank, q.ack_tag});
  questions.clear();
  for (Pending& p : pending) {
    if (p.is_over() || p.request->cell.counts != Counts::unconfirmed) continue;
    if (complete)
      await_acknowledgement(p);
    else
      complete_at_once(p.request, empty_status);
  }
}

void rebuild_acknowledgements() {
  RequestLock lock;
  for (const Pending& p : pending)
    if (!p.is_over() && is_held(p.request)) await_acknowledgement(p);
}

void send_acknowledgements() {
  for (const Due& due : acknowledgements_due) send_acknowledgement(due.world_rank, due.ack_tag);
  acknowledgements_due.clear();
}

}  // namespace mana::upper
