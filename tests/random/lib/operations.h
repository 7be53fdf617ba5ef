// SPDX-License-Identifier: Apache-2.0
// Operations that are started now and completed when it suits: each has requests, and a check of what it must have brought.
#ifndef MANA_TESTS_RANDOM_OPERATIONS_H
#define MANA_TESTS_RANDOM_OPERATIONS_H

#include "communicators.h"

enum { most_requests = 4, slots = 14 };

struct operation {
  int active, requests, persistent, rounds_left;
  uint64_t plan, shape;  // what the buffers hold, which changes with every start; all else
  int kind, root, length, special;
  struct team team;  // as it was at the start: the communicator may be freed meanwhile
  MPI_Request request[most_requests];
  MPI_Status status[most_requests];
  void (*check)(struct operation* o);
  void (*again)(struct operation* o);  // persistent ones: fills the buffers for the next start
  void (*before)(struct operation* o);  // what must be done before they are waited for, or NULL
  long *in, *out;
  int counts[most_ranks], places[most_ranks], to_counts[most_ranks], to_places[most_ranks];
  MPI_Datatype type, types[most_ranks];
  MPI_Aint far[2];
  int source, destination, tag;
};

static _Thread_local struct operation operations[slots];

static long* cleared(size_t longs) {
  long* memory = malloc((longs + 1) * sizeof(long));
  for (size_t i = 0; i <= longs; i++) memory[i] = -7;
  return memory;
}

static int all_done(const int* done, int count) {
  for (int i = 0; i < count; i++)
    if (!done[i]) return 0;
  return 1;
}

static void complete_by_waitany(int count, MPI_Request* r, MPI_Status* s, int test) {
  int done[slots * most_requests] = {0};
  while (!all_done(done, count)) {
    int which = MPI_UNDEFINED, flag = 1;
    MPI_Status status;
    if (test)
      MPI_Testany(count, r, &which, &flag, &status);
    else
      MPI_Waitany(count, r, &which, &status);
    if (flag && which == MPI_UNDEFINED) fail("nothing was left to complete", which, 0);
    if (flag) done[which] = 1, s[which] = status;
  }
}

static void complete_by_waitsome(int count, MPI_Request* r, MPI_Status* s, int test) {
  int left = count;
  while (left > 0) {
    int some = 0, which[slots * most_requests];
    MPI_Status statuses[slots * most_requests];
    if (test)
      MPI_Testsome(count, r, &some, which, statuses);
    else
      MPI_Waitsome(count, r, &some, which, statuses);
    if (some == MPI_UNDEFINED) fail("nothing was left to complete", some, left);
    for (int i = 0; i < some; i++) s[which[i]] = statuses[i];
    left -= some;
  }
}

/// Completes all of the (active) requests in one of MPI's ways.
static void complete(int count, MPI_Request* r, MPI_Status* s, uint64_t way) {
  int flag = 0;
  switch (way % 9) {
    case 0: case 1: MPI_Waitall(count, r, s); break;
    case 2:
      while (!flag) MPI_Testall(count, r, &flag, s);
      break;
    case 3: complete_by_waitany(count, r, s, 0); break;
    case 4: complete_by_waitany(count, r, s, 1); break;
    case 5: complete_by_waitsome(count, r, s, 0); break;
    case 6: complete_by_waitsome(count, r, s, 1); break;
    case 7:
      for (int i = count - 1; i >= 0; i--) MPI_Wait(&r[i], &s[i]);
      break;
    default:
      for (int i = 0; i < count; i++) {
        for (flag = 0; !flag;) MPI_Request_get_status(r[i], &flag, MPI_STATUS_IGNORE);
        MPI_Test(&r[i], &flag, &s[i]);
        if (!flag) fail("a complete request is not complete", 0, 1);
      }
  }
}

static void end_operation(struct operation* o) {
  if (o->persistent)
    for (int i = 0; i < o->requests; i++) MPI_Request_free(&o->request[i]);
  if (o->type != MPI_DATATYPE_NULL) MPI_Type_free(&o->type);
  free(o->in);
  free(o->out);
  o->active = 0;
}

/// Completes some operations together; persistent ones are started again as often as their plan says, and stay.
static void finish(struct operation** list, int count, uint64_t way) {
  MPI_Request requests[slots * most_requests];
  MPI_Status statuses[slots * most_requests];
  int n = 0;
  for (int i = 0; i < count; i++)
    trace("finish: slot, kind, tag", (int)(list[i] - operations), list[i]->kind, list[i]->tag);
  for (int i = 0; i < count; i++)
    if (list[i]->before) list[i]->before(list[i]);
  for (int i = 0; i < count; i++)
    for (int k = 0; k < list[i]->requests; k++) requests[n++] = list[i]->request[k];
  if (n > 0) trace("complete: operations, requests, way", count, n, (int)(way % 9));
  if (n > 0) complete(n, requests, statuses, way);
  n = 0;
  for (int i = 0; i < count; i++) {
    struct operation* o = list[i];
    for (int k = 0; k < o->requests; k++, n++) o->request[k] = requests[n], o->status[k] = statuses[n];
    trace("check: slot, kind, length", (int)(o - operations), o->kind, o->length);
    o->check(o);
    if (o->rounds_left-- > 0) {
      o->plan++;
      o->again(o);
      MPI_Startall(o->requests, o->request);
    } else {
      end_operation(o);
    }
  }
}

static void finish_until_over(struct operation* o, uint64_t way) {
  while (o->active) finish(&o, 1, way++);
}

/// What the slot holds is finished, on all its members alike: whether they take part in what comes there next or not.
static void empty_slot(int slot, uint64_t plan) { finish_until_over(&operations[slot], plan >> 7); }

static struct operation* fresh_operation(int slot, uint64_t plan, const struct team* t) {
  struct operation* o = &operations[slot];
  memset(o, 0, sizeof *o);
  o->plan = o->shape = plan;
  o->team = *t;
  o->type = MPI_DATATYPE_NULL;
  o->active = 1;
  return o;
}

#endif
