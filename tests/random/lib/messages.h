// SPDX-License-Identifier: Apache-2.0
// Messages of every kind between partners on a communicator: all modes of sending, all ways of receiving, at once or rounds later, possibly
// after the communicator was freed; cancelled receives, truncated messages, partners that are MPI_PROC_NULL.
#ifndef MANA_TESTS_RANDOM_MESSAGES_H
#define MANA_TESTS_RANDOM_MESSAGES_H

#include "collectives.h"

enum { first_tag = 3000, bsend_longs = 2000, sparse_step = 3 };

/// Neighbours at a drawn distance; between groups those of equal place. Tags are of this round and actor alone.
static void find_partners(struct operation* o, struct draws* d, int lines) {
  const struct team* t = &o->team;
  int distance = draw(d, most_ranks);
  o->tag = first_tag + (int)(round_now % 20000);
  if (t->kind == inter) {
    int alone = t->place >= t->mine.count || t->place >= t->other.count;
    o->source = o->destination = alone ? MPI_PROC_NULL : t->place;
  } else if (lines && distance % 9 == 8) {  // a line instead of a ring
    o->destination = t->place + 1 < t->mine.count ? t->place + 1 : MPI_PROC_NULL;
    o->source = t->place > 0 ? t->place - 1 : MPI_PROC_NULL;
  } else {
    distance %= t->mine.count;
    o->destination = (t->place + distance) % t->mine.count;
    o->source = (t->place + t->mine.count - distance) % t->mine.count;
  }
}

/// Every third long is sent, or all of them.
static void choose_type(struct operation* o, struct draws* d) {
  o->special = draw(d, 3) == 0 ? sparse_step : 1;
  if (o->special == 1) {
    MPI_Type_dup(MPI_LONG, &o->type);
  } else {
    MPI_Type_create_resized(MPI_LONG, 0, sparse_step * (MPI_Aint)sizeof(long), &o->type);
    MPI_Type_commit(&o->type);
  }
}

static void fill_message(struct operation* o) {
  for (int i = 0; i < o->length; i++) o->in[i * o->special] = value(o->plan, world_rank, i);
  for (int i = 0; i < o->length * o->special; i++) o->out[i] = -7;
}

static void check_received(struct operation* o, const MPI_Status* status) {
  int count = -1;
  if (!bold && o->source == MPI_PROC_NULL && o->requests > 0) return;
  expect("the source of a message", status->MPI_SOURCE, o->source);
  MPI_Get_count(status, o->type, &count);
  if (o->source == MPI_PROC_NULL) {
    expect("the length of nothing", count, 0);
    return;
  }
  expect("the tag of a message", status->MPI_TAG, o->tag);
  expect("the length of a message", count, o->length);
  int process = senders(&o->team)->process[o->source];
  for (int i = 0; i < o->length * o->special; i++)
    expect("an element of a message", o->out[i], i % o->special ? -7 : value(o->plan, process, i / o->special));
  mix(o->out, sizeof(long) * (size_t)(o->length * o->special));
}

static void check_message(struct operation* o) { check_received(o, &o->status[o->counts[0]]); }

static void prepare_message(struct operation* o, struct draws* d, int lines) {
  find_partners(o, d, lines);
  choose_type(o, d);
  o->length = draw_length(d);
  o->in = cleared((size_t)(o->length * o->special));
  o->out = cleared((size_t)(o->length * o->special));
  o->check = check_message;
  o->again = fill_message;
  fill_message(o);
}

/// Sends it blocking; its receive has been posted.
static void send_now(struct operation* o, int mode) {
  MPI_Comm comm = o->team.comm;
  if (mode == 2 && o->length > bsend_longs) mode = 0;
  switch (mode) {
    case 0: MPI_Send(o->in, o->length, o->type, o->destination, o->tag, comm); break;
    case 1: MPI_Ssend(o->in, o->length, o->type, o->destination, o->tag, comm); break;
    default: MPI_Bsend(o->in, o->length, o->type, o->destination, o->tag, comm);
  }
}

static void start_send(struct operation* o, int mode, MPI_Request* r) {
  MPI_Comm comm = o->team.comm;
  if (mode == 2 && o->length > bsend_longs) mode = 0;
  switch (mode) {
    case 0: MPI_Isend(o->in, o->length, o->type, o->destination, o->tag, comm, r); break;
    case 1: MPI_Issend(o->in, o->length, o->type, o->destination, o->tag, comm, r); break;
    case 2: MPI_Ibsend(o->in, o->length, o->type, o->destination, o->tag, comm, r); break;
    default: MPI_Irsend(o->in, o->length, o->type, o->destination, o->tag, comm, r);
  }
}

static void init_send(struct operation* o, int mode, MPI_Request* r) {
  MPI_Comm comm = o->team.comm;
  if (mode == 2 && o->length > bsend_longs) mode = 0;
  switch (mode) {
    case 0: MPI_Send_init(o->in, o->length, o->type, o->destination, o->tag, comm, r); break;
    case 1: MPI_Ssend_init(o->in, o->length, o->type, o->destination, o->tag, comm, r); break;
    default: MPI_Bsend_init(o->in, o->length, o->type, o->destination, o->tag, comm, r);
  }
}

/// The source or any, when the tag alone tells the message.
static int source_or_any(const struct operation* o, int any) { return any && o->source != MPI_PROC_NULL ? MPI_ANY_SOURCE : o->source; }

/// Receives what was sent earlier, in one of the ways to look for a message.
static void receive_by(struct operation* o, int way, int any) {
  MPI_Comm comm = o->team.comm;
  MPI_Status *status = &o->status[o->counts[0]], seen;
  MPI_Message message = MPI_MESSAGE_NULL;
  int flag = 0, source = source_or_any(o, any), count;
  if (way == 3 || way == 4) {
    while (!flag) MPI_Iprobe(source, o->tag, comm, &flag, &seen);
  } else if (way == 1 || way == 5) {
    MPI_Probe(source, o->tag, comm, &seen);
  }
  if (way == 1 || way == 3) {
    MPI_Get_count(&seen, o->type, &count);
    expect("the length that a probe tells", count, o->source == MPI_PROC_NULL ? 0 : o->length);
    source = seen.MPI_SOURCE;
  }
  switch (way) {
    case 6: case 7:
      MPI_Mprobe(source, o->tag, comm, &message, &seen);
      if (way == 6) pause_ns((long)(number(o->plan, (uint64_t)world_rank) % 300000));
      MPI_Mrecv(o->out, o->length, o->type, &message, status);
      break;
    case 8:
      while (!flag) MPI_Improbe(source, o->tag, comm, &flag, &message, &seen);
      MPI_Request request;
      MPI_Imrecv(o->out, o->length, o->type, &message, &request);
      MPI_Wait(&request, status);
      break;
    default: MPI_Recv(o->out, o->length, o->type, source, o->tag, comm, status);
  }
}

static void receive_late(struct operation* o) { receive_by(o, o->root / 2, o->root % 2); }

/// Sent now, received when it is finished: on its way for all that time. The communicator must live until then.
static void send_early(struct operation* o, struct draws* d) {
  start_send(o, draw(d, 3), &o->request[0]);
  o->requests = 1;
  o->counts[0] = 1;  // where the receive's status goes
  o->root = draw(d, 18);
  o->before = receive_late;
}

static void post_both(struct operation* o, struct draws* d) {
  int any = draw(d, 4) == 0, late_post = draw(d, 2), mode = draw(d, 3);
  o->requests = 2;
  if (late_post) start_send(o, mode, &o->request[1]);
  MPI_Irecv(o->out, o->length, o->type, source_or_any(o, any), o->tag, o->team.comm, &o->request[0]);
  if (!late_post) start_send(o, mode, &o->request[1]);
}

/// The receive is posted; then everybody knows that it is, and sends ready.
static void send_ready(struct operation* o, struct draws* d) {
  o->requests = 2;
  MPI_Irecv(o->out, o->length, o->type, source_or_any(o, draw(d, 2)), o->tag, o->team.comm, &o->request[0]);
  MPI_Barrier(o->team.comm);
  start_send(o, 3, &o->request[1]);
}

static void send_blocking(struct operation* o, struct draws* d) {
  o->requests = 1;
  MPI_Irecv(o->out, o->length, o->type, source_or_any(o, draw(d, 2)), o->tag, o->team.comm, &o->request[0]);
  send_now(o, draw(d, 3));
}

static void start_persistent(struct operation* o, struct draws* d) {
  o->requests = 2;
  o->persistent = 1;
  int mode = draw(d, 3);
  o->rounds_left = mode == 2 && !bold ? 0 : draw(d, 8);
  MPI_Recv_init(o->out, o->length, o->type, o->source, o->tag, o->team.comm, &o->request[0]);
  init_send(o, mode, &o->request[1]);
  MPI_Startall(2, o->request);
}

static void exchange_now(struct operation* o, struct draws* d) {
  int any = draw(d, 2), replace = draw(d, 2);
  if (replace) memcpy(o->out, o->in, sizeof(long) * (size_t)(o->length * o->special));
  if (replace)
    MPI_Sendrecv_replace(o->out, o->length, o->type, o->destination, o->tag, source_or_any(o, any), o->tag, o->team.comm, &o->status[0]);
  else
    MPI_Sendrecv(o->in, o->length, o->type, o->destination, o->tag, o->out, o->length, o->type, source_or_any(o, any), o->tag, o->team.comm,
                 &o->status[0]);
}

#if MPI_VERSION >= 4
/// Six parts here, three there; some are ready at the start and the rest when it is finished.
static void make_ready(struct operation* o) { MPI_Pready_range(2, 5, o->request[1]); }

static void fill_parts(struct operation* o) { fill_message(o); }

static void start_partitioned(struct operation* o) {
  o->requests = 2;
  o->persistent = 1;
  o->length = o->length / 6 * 6;
  o->rounds_left = 0;
  MPI_Precv_init(o->out, 3, o->length / 3, o->type, o->source, o->tag, o->team.comm, MPI_INFO_NULL, &o->request[0]);
  MPI_Psend_init(o->in, 6, o->length / 6, o->type, o->destination, o->tag, o->team.comm, MPI_INFO_NULL, &o->request[1]);
  o->again = fill_parts;
  MPI_Startall(2, o->request);
  MPI_Pready_range(0, 1, o->request[1]);
  o->before = make_ready;
}
#endif

/// A receive that nothing will ever match, cancelled when it is finished.
static void cancel_receive(struct operation* o) { MPI_Cancel(&o->request[0]); }

static void check_cancelled(struct operation* o) {
  int cancelled = 0;
  MPI_Test_cancelled(&o->status[0], &cancelled);
  expect("that a receive is cancelled", cancelled, 1);
}

static void receive_nothing(struct operation* o, struct draws* d) {
  int persistent = draw(d, 2), source = draw(d, 2) ? MPI_ANY_SOURCE : 0, tag = o->tag + 25000;
  o->requests = 1;
  o->persistent = persistent;
  if (persistent) {
    MPI_Recv_init(o->out, o->length, o->type, source, tag, o->team.comm, &o->request[0]);
    MPI_Start(&o->request[0]);
  } else {
    MPI_Irecv(o->out, o->length, o->type, source, tag, o->team.comm, &o->request[0]);
  }
  o->before = cancel_receive;
  o->check = check_cancelled;
}

/// Longer than the receive's buffer: an error of the receive alone.
static void check_nothing(struct operation* o) { (void)o; }

static void send_too_much(struct operation* o, struct draws* d) {
  MPI_Errhandler before;
  int class = MPI_SUCCESS, code, blocking = draw(d, 2), shorter = o->length > 0 ? draw(d, o->length) : 0;
  MPI_Request send, receive;
  MPI_Comm comm = o->team.comm;
  MPI_Comm_get_errhandler(comm, &before);
  MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
  MPI_Isend(o->in, o->length, o->type, o->destination, o->tag, comm, &send);
  if (blocking) {
    code = MPI_Recv(o->out, shorter, o->type, o->source, o->tag, comm, MPI_STATUS_IGNORE);
  } else {
    MPI_Irecv(o->out, shorter, o->type, o->source, o->tag, comm, &receive);
    code = MPI_Wait(&receive, MPI_STATUS_IGNORE);
  }
  if (code != MPI_SUCCESS) MPI_Error_class(code, &class);
  int too_much = o->source != MPI_PROC_NULL && shorter < o->length;
  expect("the error class of a truncated message", class, too_much ? MPI_ERR_TRUNCATE : MPI_SUCCESS);
  MPI_Wait(&send, MPI_STATUS_IGNORE);
  MPI_Comm_set_errhandler(comm, before);
  MPI_Errhandler_free(&before);
  o->check = check_nothing;
}

/// True if the operation now in the slot still needs its communicator.
static int needs_communicator(const struct operation* o) { return o->active && (!bold || o->before == receive_late || o->rounds_left > 0); }

/// On every process, also those that are no members.
static void do_message(const struct team* t, int slot, uint64_t plan) {
  struct draws d = {plan, 0};
  empty_slot(slot, plan);
  if (t->comm == MPI_COMM_NULL) return;
  struct operation* o = fresh_operation(slot, plan, t);
  int way = draw(&d, 10);
  if (!bold && (way == 6 || (way == 4 && t->kind == inter))) way = 3;
  prepare_message(o, &d, bold || way != 4);
  trace("message: way, length, destination", way, o->length, o->destination);
  switch (way) {
    case 0: case 1: send_early(o, &d); return;
    case 2: case 3: post_both(o, &d); return;
    case 4: start_persistent(o, &d); return;
    case 5: receive_nothing(o, &d); return;
#if MPI_VERSION >= 4
    case 6: start_partitioned(o); return;
#else
    case 6: start_persistent(o, &d), o->rounds_left = 0; return;
#endif
    case 7: t->kind == inter ? send_blocking(o, &d) : send_ready(o, &d); break;
    case 8: send_too_much(o, &d); break;
    default: draw(&d, 2) ? exchange_now(o, &d) : send_blocking(o, &d);
  }
  finish(&o, 1, plan >> 5);
}

enum { most_stormed = 900 };

/// Everybody sends some messages to one process, which takes them as they come, by any source and any tag.
static void do_storm(MPI_Comm comm, uint64_t plan) {
  struct draws d = {plan, 0};
  int root = draw(&d, world_size), each = 1 + draw(&d, 6), place;
  MPI_Comm_rank(comm, &place);
  if (place != root) {
    for (int i = 0; i < each; i++) {
      long numbers[most_stormed];
      int length = (int)(number(plan, (uint64_t)(64 * place + i)) % most_stormed);
      for (int k = 0; k < length; k++) numbers[k] = value(plan, place, 1000 * i + k);
      MPI_Send(numbers, length, MPI_LONG, root, i, comm);
    }
  } else {
    int next[most_ranks] = {0};
    for (int m = 0; m < each * (world_size - 1); m++) {
      long numbers[most_stormed];
      MPI_Status status;
      MPI_Message message;
      int length;
      if (m % 3 == 1) {
        MPI_Mprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, comm, &message, &status);
        MPI_Mrecv(numbers, most_stormed, MPI_LONG, &message, &status);
      } else {
        MPI_Recv(numbers, most_stormed, MPI_LONG, MPI_ANY_SOURCE, MPI_ANY_TAG, comm, &status);
      }
      int from = status.MPI_SOURCE;
      MPI_Get_count(&status, MPI_LONG, &length);
      expect("the order of messages taken by wildcards", status.MPI_TAG, next[from]);
      expect("the length of a message taken by wildcards", length, (long)(number(plan, (uint64_t)(64 * from + next[from])) % most_stormed));
      for (int k = 0; k < length; k++) expect("a message taken by wildcards", numbers[k], value(plan, from, 1000 * next[from] + k));
      next[from]++;
    }
  }
  MPI_Barrier(comm);
}

#endif
