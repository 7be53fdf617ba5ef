// SPDX-License-Identifier: Apache-2.0
// Collective operations of every kind: blocking, nonblocking, persistent; on intra- and intercommunicators; with
// neighbours. What each process must get follows from the plan and the members alone.
#ifndef MANA_TESTS_RANDOM_COLLECTIVES_H
#define MANA_TESTS_RANDOM_COLLECTIVES_H

#include "../../live/lib/add_by_copy.h"
#include "operations.h"

enum collective {
  barrier, bcast, gather, gatherv, scatter, scatterv, allgather, allgatherv, alltoall, alltoallv, reduce, allreduce,  // also between groups
  inter_kinds,
  alltoallw = inter_kinds, reduce_scatter, reduce_scatter_block, scan, exscan, intra_kinds,
  neighbor_allgather = intra_kinds, neighbor_allgatherv, neighbor_alltoall, neighbor_alltoallv, neighbor_alltoallw, ring_kinds
};
enum form { blocking, nonblocking, persistent };
enum { modulus = 1000003 };

static MPI_Op add_op, compose_op;  // compose_op: x -> a x + b, one after the other; the order matters
static MPI_Datatype pair_type;

static void compose(const long* first, const long* second, long* result) {
  long a = first[0] * second[0] % modulus, b = (first[1] * second[0] + second[1]) % modulus;
  result[0] = a;
  result[1] = b;
}

static void compose_pairs(void* in, void* inout, int* length, MPI_Datatype* type) {
  (void)type;
  for (int i = 0; i < *length; i++) compose((long*)in + 2 * i, (long*)inout + 2 * i, (long*)inout + 2 * i);
}

static void make_reductions(void) {
  MPI_Op_create(add_by_copy, 1, &add_op);
  MPI_Op_create(compose_pairs, 0, &compose_op);
  MPI_Type_contiguous(2, MPI_LONG, &pair_type);
  MPI_Type_commit(&pair_type);
}

static void free_reductions(void) {
  MPI_Type_free(&pair_type);
  MPI_Op_free(&compose_op);
  MPI_Op_free(&add_op);
}

/// How many elements the process at `from` sends to the one at `to` where that may differ.
static int uneven(const struct operation* o, int from, int to) { return (int)(number(o->shape, (uint64_t)(from * 64 + to)) % (uint64_t)(o->length + 1)); }

enum { with_sum, with_max, with_own, with_pairs };
static int width(const struct operation* o) { return o->special == with_pairs ? 2 : 1; }
static MPI_Op op_of(const struct operation* o) {
  return o->special == with_sum ? MPI_SUM : o->special == with_max ? MPI_MAX : o->special == with_own ? add_op : compose_op;
}

/// Element i (pairs: 2i and 2i+1) of the reduction over the first `count` of these.
static void reduced(const struct operation* o, const struct members* m, int count, int i, long* result) {
  int w = width(o);
  for (int k = 0; k < w; k++) result[k] = value(o->plan, m->process[0], w * i + k);
  for (int p = 1; p < count; p++) {
    long next[2];
    for (int k = 0; k < w; k++) next[k] = value(o->plan, m->process[p], w * i + k);
    if (o->special == with_pairs) compose(result, next, result);
    else if (o->special == with_max) result[0] = next[0] > result[0] ? next[0] : result[0];
    else result[0] += next[0];
  }
}

static void expect_reduced(const struct operation* o, int count, int first, int length) {
  int w = width(o);
  for (int i = 0; i < length; i++) {
    long all[2];
    reduced(o, senders(&o->team), count, first + i, all);
    for (int k = 0; k < w; k++) expect("an element of a reduction", o->out[w * i + k], all[k]);
  }
}

/// What came from `process` at `at`: its elements from `first` on.
static void expect_from(const struct operation* o, int process, long* at, int first, int length) {
  for (int i = 0; i < length; i++) expect("an element of a collective", at[i], value(o->plan, process, first + i));
}

static int root_here(const struct operation* o) {
  return o->team.kind == inter ? o->root == MPI_ROOT : o->root == o->team.place;
}

static int takes_part(const struct operation* o) { return o->root != MPI_PROC_NULL; }

static void check_neighbors(const struct operation* o) {
  const struct members* m = &o->team.mine;
  int n = o->length, from[2] = {(o->team.place + m->count - 1) % m->count, (o->team.place + 1) % m->count};
  for (int i = 0; i < 2; i++) {
    int to_all = o->kind == neighbor_allgather || o->kind == neighbor_allgatherv;
    expect_from(o, m->process[from[i]], o->out + i * n, to_all ? 0 : (1 - i) * n, n);
  }
}

static void check_collective(struct operation* o) {
  const struct members* s = senders(&o->team);
  int n = o->length, place = o->team.place;
  size_t longs = 0;
  switch (o->kind) {
    case barrier: break;
    case bcast:
      if (takes_part(o) && !(o->team.kind == inter && root_here(o))) expect_from(o, s->process[o->root], o->out, 0, n), longs = (size_t)n;
      break;
    case gather: case gatherv: case allgather: case allgatherv:
      if ((o->kind == gather || o->kind == gatherv) && !root_here(o)) break;
      for (int p = 0; p < s->count; p++)
        expect_from(o, s->process[p], o->out + p * n, 0, o->kind == gather || o->kind == allgather ? n : o->counts[p]);
      longs = (size_t)(n * s->count);
      break;
    case scatter: case scatterv:
      if (!takes_part(o) || (o->team.kind == inter && root_here(o))) break;
      expect_from(o, s->process[o->root], o->out, place * n, o->kind == scatter ? n : uneven(o, 0, place));
      longs = (size_t)n;
      break;
    case alltoall:
      for (int p = 0; p < s->count; p++) expect_from(o, s->process[p], o->out + p * n, place * n, n);
      longs = (size_t)(n * s->count);
      break;
    case alltoallv: case alltoallw:
      for (int p = 0; p < s->count; p++) expect_from(o, s->process[p], o->out + p * n, place * n, o->counts[p]);
      longs = (size_t)(n * s->count);
      break;
    case reduce:
      if (root_here(o)) expect_reduced(o, s->count, 0, n), longs = (size_t)n;
      break;
    case allreduce: expect_reduced(o, s->count, 0, n), longs = (size_t)n; break;
    case reduce_scatter_block: expect_reduced(o, s->count, place * n, n), longs = (size_t)n; break;
    case reduce_scatter: expect_reduced(o, s->count, o->places[place], o->counts[place]); break;
    case scan: expect_reduced(o, place + 1, 0, n), longs = (size_t)n; break;
    case exscan:
      if (place > 0) expect_reduced(o, place, 0, n), longs = (size_t)n;
      break;
    default: check_neighbors(o), longs = (size_t)(2 * n);
  }
  mix(o->out, longs * sizeof(long));
}

static void fill_collective(struct operation* o) {
  const struct members* s = senders(&o->team);
  int most = (o->team.mine.count > s->count ? o->team.mine.count : s->count) * o->length * 2 + 2;
  for (int i = 0; i < most; i++) o->in[i] = value(o->plan, world_rank, i);
  if (o->kind == bcast && root_here(o)) memcpy(o->out, o->in, sizeof(long) * (size_t)o->length);
}

/// Root, counts and displacements; those of neighbours are the same for both sides.
static void arrange(struct operation* o, struct draws* d) {
  const struct team* t = &o->team;
  int there = senders(t)->count, n = o->length, place = t->place;
  if (t->kind == inter) {
    int root_among_first = draw(d, 2), first = t->mine.process[0] < t->other.process[0];
    int count = first == root_among_first ? t->mine.count : t->other.count, root = (int)(number(o->plan, 5) % (uint64_t)count);
    o->root = first != root_among_first ? root : place == root ? MPI_ROOT : MPI_PROC_NULL;
  } else {
    o->root = draw(d, t->mine.count);
  }
  int by_pair = o->kind == alltoallv || o->kind == alltoallw;
  for (int p = 0; p < most_ranks; p++) {
    o->places[p] = o->to_places[p] = p * n;
    o->types[p] = MPI_LONG;
    o->counts[p] = p < there ? uneven(o, p, by_pair ? place : 0) : n;
    o->to_counts[p] = uneven(o, by_pair ? place : 0, p);
    if (o->kind == alltoallw) o->places[p] *= (int)sizeof(long), o->to_places[p] *= (int)sizeof(long);
  }
  if (o->kind == reduce_scatter) {
    for (int p = 0, at = 0; p < there; at += o->counts[p], p++) o->counts[p] = uneven(o, p, 3), o->places[p] = at;
  }
  o->special = t->kind == inter ? with_sum : draw(d, 4);
}

#define CALL(name, inonblocking, ...) \
  (form == blocking      ? MPI_##name(__VA_ARGS__) \
   : form == nonblocking ? MPI_##inonblocking(__VA_ARGS__, &o->request[0]) \
                         : MPI_##name##_init(__VA_ARGS__, MPI_INFO_NULL, &o->request[0]))

static void call_neighbors(struct operation* o, enum form form) {
  MPI_Comm comm = o->team.comm;
  int n = o->length, two[2] = {n, n}, at[2] = {0, n};
  MPI_Aint* bytes = o->far;
  memcpy(o->counts, two, sizeof two), memcpy(o->places, at, sizeof at);
  bytes[0] = 0, bytes[1] = n * (MPI_Aint)sizeof(long);
  switch (o->kind) {
    case neighbor_allgather: CALL(Neighbor_allgather, Ineighbor_allgather, o->in, n, MPI_LONG, o->out, n, MPI_LONG, comm); break;
    case neighbor_allgatherv: CALL(Neighbor_allgatherv, Ineighbor_allgatherv, o->in, n, MPI_LONG, o->out, o->counts, o->places, MPI_LONG, comm); break;
    case neighbor_alltoall: CALL(Neighbor_alltoall, Ineighbor_alltoall, o->in, n, MPI_LONG, o->out, n, MPI_LONG, comm); break;
    case neighbor_alltoallv:
      CALL(Neighbor_alltoallv, Ineighbor_alltoallv, o->in, o->counts, o->places, MPI_LONG, o->out, o->counts, o->places, MPI_LONG, comm);
      break;
    default:
      CALL(Neighbor_alltoallw, Ineighbor_alltoallw, o->in, o->counts, bytes, o->types, o->out, o->counts, bytes, o->types, comm);
  }
}

static void call_reduction(struct operation* o, enum form form) {
  MPI_Comm comm = o->team.comm;
  MPI_Op op = op_of(o);
  MPI_Datatype type = o->special == with_pairs ? pair_type : MPI_LONG;
  switch (o->kind) {
    case reduce: CALL(Reduce, Ireduce, o->in, o->out, o->length, type, op, o->root, comm); break;
    case allreduce: CALL(Allreduce, Iallreduce, o->in, o->out, o->length, type, op, comm); break;
    case reduce_scatter: CALL(Reduce_scatter, Ireduce_scatter, o->in, o->out, o->counts, type, op, comm); break;
    case reduce_scatter_block: CALL(Reduce_scatter_block, Ireduce_scatter_block, o->in, o->out, o->length, type, op, comm); break;
    case scan: CALL(Scan, Iscan, o->in, o->out, o->length, type, op, comm); break;
    default: CALL(Exscan, Iexscan, o->in, o->out, o->length, type, op, comm);
  }
}

static void call_collective(struct operation* o, enum form form) {
  MPI_Comm comm = o->team.comm;
  int n = o->length, *counts = o->counts, *at = o->places, mine = o->to_counts[0];
  switch (o->kind) {
    case barrier: CALL(Barrier, Ibarrier, comm); break;
    case bcast: CALL(Bcast, Ibcast, o->team.kind == inter && root_here(o) ? o->in : o->out, n, MPI_LONG, o->root, comm); break;
    case gather: CALL(Gather, Igather, o->in, n, MPI_LONG, o->out, n, MPI_LONG, o->root, comm); break;
    case gatherv: mine = uneven(o, o->team.place, 0), CALL(Gatherv, Igatherv, o->in, mine, MPI_LONG, o->out, counts, at, MPI_LONG, o->root, comm); break;
    case scatter: CALL(Scatter, Iscatter, o->in, n, MPI_LONG, o->out, n, MPI_LONG, o->root, comm); break;
    case scatterv:
      mine = uneven(o, 0, o->team.place);
      CALL(Scatterv, Iscatterv, o->in, o->to_counts, o->to_places, MPI_LONG, o->out, mine, MPI_LONG, o->root, comm);
      break;
    case allgather: CALL(Allgather, Iallgather, o->in, n, MPI_LONG, o->out, n, MPI_LONG, comm); break;
    case allgatherv: mine = uneven(o, o->team.place, 0), CALL(Allgatherv, Iallgatherv, o->in, mine, MPI_LONG, o->out, counts, at, MPI_LONG, comm); break;
    case alltoall: CALL(Alltoall, Ialltoall, o->in, n, MPI_LONG, o->out, n, MPI_LONG, comm); break;
    case alltoallv:
      CALL(Alltoallv, Ialltoallv, o->in, o->to_counts, o->to_places, MPI_LONG, o->out, counts, at, MPI_LONG, comm);
      break;
    case alltoallw:
      CALL(Alltoallw, Ialltoallw, o->in, o->to_counts, o->to_places, o->types, o->out, counts, at, o->types, comm);
      break;
    default:
      if (o->kind < intra_kinds) call_reduction(o, form);
      else call_neighbors(o, form);
  }
}

/// On every process, also those that are no members. A nonblocking or persistent operation stays in its slot.
static void do_collective(const struct team* t, int slot, uint64_t plan) {
  struct draws d = {plan, 0};
  empty_slot(slot, plan);
  if (t->comm == MPI_COMM_NULL) return;
  struct operation* o = fresh_operation(slot, plan, t);
  enum form form = (enum form)draw(&d, t->kind == inter || !bold ? 2 : 3);
  o->kind = draw(&d, t->kind == inter ? inter_kinds : t->kind == ring && draw(&d, 2) ? ring_kinds : intra_kinds);
  if (t->kind == ring && t->mine.count < 3 && o->kind >= neighbor_alltoall) o->kind = neighbor_allgather;
  int rounds = draw(&d, 6);
  o->length = draw_length(&d) / 8;
  arrange(o, &d);
  o->rounds_left = form == persistent ? rounds : 0;
  o->persistent = form == persistent;
  o->requests = form == blocking ? 0 : 1;
  o->check = check_collective;
  o->again = fill_collective;
  size_t longs = (size_t)(2 * o->length + 2) * (size_t)(t->mine.count > t->other.count ? t->mine.count : t->other.count);
  o->in = cleared(longs);
  o->out = cleared(longs);
  fill_collective(o);
  trace("collective: kind, form, length", o->kind, (int)form, o->length);
  call_collective(o, form);
  if (form == persistent) MPI_Start(&o->request[0]);
  if (form == blocking) finish(&o, 1, 0);
}

#endif
