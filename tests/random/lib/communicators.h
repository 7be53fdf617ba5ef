// SPDX-License-Identifier: Apache-2.0
// The communicators of one actor: made from one another in every way that MPI has, freed and made again. All processes know what each place holds, also
// those that are no members of what is there.
#ifndef MANA_TESTS_RANDOM_COMMUNICATORS_H
#define MANA_TESTS_RANDOM_COMMUNICATORS_H

#include "random.h"

enum kind { intra, inter, ring };  // ring: has a topology in which everybody has a left and a right neighbour
enum { places = 9, own_copy = 0 };

struct members {
  int count, process[most_ranks];  // ranks in MPI_COMM_WORLD
};

struct team {
  MPI_Comm comm;  // MPI_COMM_NULL: this process is no member
  enum kind kind;
  int here;  // anything, on any process
  int place;
  struct members mine, other;
};

static _Thread_local struct team teams[places];

/// Those who send to this process in a collective operation.
static const struct members* senders(const struct team* t) { return t->kind == inter ? &t->other : &t->mine; }

static void name_members(MPI_Group group, struct members* m) {
  MPI_Group world;
  int ranks[most_ranks];
  MPI_Group_size(group, &m->count);
  for (int i = 0; i < m->count; i++) ranks[i] = i;
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  MPI_Group_translate_ranks(group, m->count, ranks, world, m->process);
  MPI_Group_free(&world);
  MPI_Group_free(&group);
}

static void put_team(int place, MPI_Comm comm, enum kind kind) {
  struct team* t = &teams[place];
  memset(t, 0, sizeof *t);
  t->comm = comm;
  t->kind = kind;
  t->here = 1;
  if (comm == MPI_COMM_NULL) return;
  MPI_Group group;
  MPI_Comm_rank(comm, &t->place);
  MPI_Comm_group(comm, &group);
  name_members(group, &t->mine);
  if (kind != inter) return;
  MPI_Comm_remote_group(comm, &group);
  name_members(group, &t->other);
}

static void free_team(int place) {
  if (!teams[place].here) return;
  if (teams[place].comm != MPI_COMM_NULL) MPI_Comm_free(&teams[place].comm);
  teams[place].here = 0;
}

static MPI_Group some_members(const struct team* t, uint64_t plan) {
  MPI_Group all, some;
  int chosen[most_ranks], count = 0;
  for (int i = 0; i < t->mine.count; i++)
    if (i == 0 || number(plan, (uint64_t)i) % 3 != 0) chosen[count++] = i;
  for (int i = 0; i < count / 2; i++) {  // in another order
    int j = (int)(number(plan, (uint64_t)(100 + i)) % (uint64_t)count), other = chosen[i];
    chosen[i] = chosen[j];
    chosen[j] = other;
  }
  MPI_Comm_group(t->comm, &all);
  MPI_Group_incl(all, count, chosen, &some);
  MPI_Group_free(&all);
  return some;
}

static MPI_Comm create_from_group(const struct team* t, uint64_t plan, int tag, int by_members_alone) {
  MPI_Comm made = MPI_COMM_NULL;
  MPI_Group some = some_members(t, plan);
  int place;
  MPI_Group_rank(some, &place);
  if (!by_members_alone)
    MPI_Comm_create(t->comm, some, &made);
  else if (place != MPI_UNDEFINED)
    MPI_Comm_create_group(t->comm, some, tag, &made);
  MPI_Group_free(&some);
  return made;
}

/// Between the two halves of what is there; a single member has nobody to talk to.
static MPI_Comm connect_halves(const struct team* t, int tag) {
  MPI_Comm half, made;
  int first = t->place < t->mine.count / 2;
  if (t->mine.count < 2) return MPI_COMM_NULL;
  MPI_Comm_split(t->comm, first, t->place, &half);
  MPI_Intercomm_create(half, 0, t->comm, first ? t->mine.count / 2 : 0, tag, &made);
  MPI_Comm_free(&half);
  return made;
}

static MPI_Comm create_ring(const struct team* t, int as_graph) {
  MPI_Comm made;
  int count = t->mine.count, periodic = 1, to[2] = {(t->place + count - 1) % count, (t->place + 1) % count};
  if (as_graph)
    MPI_Dist_graph_create_adjacent(t->comm, 2, to, MPI_UNWEIGHTED, 2, to, MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &made);
  else
    MPI_Cart_create(t->comm, 1, &count, &periodic, 0, &made);
  return made;
}

static MPI_Comm duplicate_later(const struct team* t, uint64_t plan) {
  MPI_Comm made;
  MPI_Request request;
  MPI_Comm_idup(t->comm, &made, &request);
  if (plan % 2) pause_ns((long)(number(plan, (uint64_t)world_rank) % 200000));
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  return made;
}

/// Puts something new, made from what `from` holds, in place of `to`.
static void make_team(int from, int to, uint64_t plan) {
  struct draws d = {plan, 0};
  const struct team* t = &teams[from];
  int member = t->comm != MPI_COMM_NULL, tag = 1 + draw(&d, 1000), way = draw(&d, t->kind == inter ? 4 : 11);
  MPI_Comm made = MPI_COMM_NULL;
  enum kind kind = t->kind == ring ? intra : t->kind;
  trace("make: from, to, way", from, to, way);
  if (t->kind == inter) {
    if (way < 2) {
      if (member) MPI_Intercomm_merge(t->comm, t->mine.process[0] > t->other.process[0], &made);
      kind = intra;
    } else if (member) {
      MPI_Comm_dup(t->comm, &made);
    }
    put_team(to, made, kind);
    return;
  }
  switch (way) {
    case 0:
      if (member) MPI_Comm_dup(t->comm, &made);
      kind = t->kind;
      break;
    case 1:
      if (member) made = duplicate_later(t, plan);
      kind = t->kind;
      break;
    case 2: case 3: case 4:
      if (member) {
        int color = (int)(number(plan, (uint64_t)t->place) % 3), key = (int)(number(plan, (uint64_t)(500 + t->place)) % 10);
        MPI_Comm_split(t->comm, color == 2 && way == 4 ? MPI_UNDEFINED : color, key, &made);
      }
      break;
    case 5:
      if (member) MPI_Comm_split_type(t->comm, MPI_COMM_TYPE_SHARED, -t->place, MPI_INFO_NULL, &made);
      break;
    case 6: case 7:
      if (member) made = create_from_group(t, plan, tag, way == 7);
      break;
    case 8: case 9:
      if (member) made = create_ring(t, way == 9);
      kind = ring;
      break;
    default:
      if (member) made = connect_halves(t, tag);
      kind = inter;
  }
  put_team(to, made, kind);
}

#endif
