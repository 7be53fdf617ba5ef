// SPDX-License-Identifier: Apache-2.0
// Shows: accumulating operations on pair types whose values lie apart (MPI_SHORT_INT, MPI_LONG_DOUBLE_INT, …) read and change
// whole pairs, nothing beside them, and one at a time: at the own rank and at others, one pair and many, in derived types, too.
// live: ranks=3 cuts=all,all
#include "lib/live.h"

#include <stdalign.h>

enum { N = 6, rounds = 12, room = N * 32 };

/// One of the pair types: where its values lie, and how they are written and read.
struct kind {
  MPI_Datatype type;
  size_t bytes, second;
  void (*set)(void*, int);
  int (*value)(const void*);
};

#define KIND(name, T) \
  struct name { T value; int index; }; \
  static void set_##name(void* p, int v) { ((struct name*)p)->value = (T)v, ((struct name*)p)->index = v; } \
  static int value_##name(const void* p) { return (int)((const struct name*)p)->value; }
KIND(short_int, short)
KIND(double_int, double)
KIND(long_double_int, long double)
#define ROW(name, mpi) {mpi, sizeof(struct name), offsetof(struct name, index), set_##name, value_##name}

static char* at(void* pairs, const struct kind* k, int i) { return (char*)pairs + (size_t)i * k->bytes; }

static int index_of(const struct kind* k, const void* pair) {
  int index;
  memcpy(&index, (const char*)pair + k->second, sizeof index);
  return index;
}

static int is_whole(const struct kind* k, const void* pair, int v) { return k->value(pair) == v && index_of(k, pair) == v; }

/// Rank 2 writes all pairs of rank 0 again and again, rank 1 reads them: never one half old, and never something from elsewhere.
static void race(const struct kind* k, MPI_Win win) {
  alignas(16) char pairs[room];
  for (int round = 1; round <= rounds; round++) {
    if (live_rank == 2) {
      for (int i = 0; i < N; i++) k->set(at(pairs, k, i), 300 * round);
      MPI_Accumulate(pairs, N, k->type, 0, 0, N, k->type, MPI_REPLACE, win);
    } else if (live_rank == 1) {
      memset(pairs, -1, sizeof pairs);
      MPI_Get_accumulate(NULL, 0, k->type, pairs, N, k->type, 0, 0, N, k->type, MPI_NO_OP, win);
    }
    MPI_Win_flush(0, win);
    for (int i = 0; i < N && live_rank == 1; i++) LIVE_CHECK(is_whole(k, at(pairs, k, i), k->value(pairs)) && k->value(pairs) % 300 == 0);
  }
}

static int raised(int round, int rank) { return 300 * rounds + round * live_size + rank; }

/// All ranks raise one pair of every rank; each sees a value that nobody else has seen there.
static void raise_all(const struct kind* k, MPI_Win win) {
  alignas(16) char pair[32], before[32];
  for (int target = 0; target < live_size; target++) {
    int last = -1;
    for (int round = 1; round <= rounds; round++) {
      k->set(pair, raised(round, live_rank));
      MPI_Fetch_and_op(pair, before, k->type, target, 1, MPI_MAXLOC, win);
      MPI_Win_flush(target, win);
      int seen = k->value(before);
      LIVE_CHECK(is_whole(k, before, seen) && seen >= last);
      last = seen;
    }
  }
}

/// Every second pair of the next rank by a derived type, with a request; then raised one by one.
static void every_second(const struct kind* k, MPI_Win win) {
  alignas(16) char pairs[room], before[room];
  int target = (live_rank + 1) % live_size;
  MPI_Datatype odd;
  MPI_Type_vector(N / 2, 1, 2, k->type, &odd);
  MPI_Type_commit(&odd);
  MPI_Request request;
  memset(before, 7, sizeof before);
  for (int i = 0; i < N; i++) k->set(at(pairs, k, i), 900 + i);
  MPI_Rget_accumulate(pairs, 1, odd, before, 1, odd, target, 0, 1, odd, MPI_REPLACE, win, &request);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  for (int i = 0; i < N; i += 2) {
    LIVE_CHECK(is_whole(k, at(before, k, i), k->value(at(before, k, i))));
    k->set(at(pairs, k, i), i < 4 ? 800 : 910 + i);
    MPI_Raccumulate(at(pairs, k, i), 1, k->type, target, i, 1, k->type, MPI_MAXLOC, win, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
  }
  MPI_Win_flush(target, win);
  MPI_Type_free(&odd);
  LIVE_CHECK(before[k->bytes] == 7 && before[room - 1] == 7);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  const struct kind kinds[] = {ROW(short_int, MPI_SHORT_INT), ROW(double_int, MPI_DOUBLE_INT),
                               ROW(long_double_int, MPI_LONG_DOUBLE_INT)};
  for (size_t n = 0; n < sizeof kinds / sizeof kinds[0]; n++) {
    const struct kind* k = &kinds[n];
    char* mine;
    MPI_Win win;
#ifdef CREATED_WINDOWS
    alignas(16) static char memory[2 * room];
    MPI_Win_create(mine = memory, sizeof memory, (int)k->bytes, MPI_INFO_NULL, MPI_COMM_WORLD, &win);
#else
    MPI_Win_allocate(2 * room, (int)k->bytes, MPI_INFO_NULL, MPI_COMM_WORLD, &mine, &win);
#endif
    memset(mine, 5, 2 * room);
    for (int i = 0; i < N; i++) k->set(at(mine, k, i), 0);
    MPI_Win_lock_all(0, win);
    MPI_Barrier(MPI_COMM_WORLD);
    race(k, win);
    MPI_Barrier(MPI_COMM_WORLD);  // whoever waits at the cut makes no progress for the others
    if (n == 0) live_cut(0);
    raise_all(k, win);
    MPI_Barrier(MPI_COMM_WORLD);
    if (n == 2) live_cut(1);
    LIVE_CHECK(is_whole(k, at(mine, k, 1), raised(rounds, live_size - 1)));
    MPI_Barrier(MPI_COMM_WORLD);
    every_second(k, win);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Win_sync(win);
    for (int i = 0; i < N; i += 2) LIVE_CHECK(is_whole(k, at(mine, k, i), i < 4 ? 900 + i : 910 + i));
    for (size_t i = N * k->bytes; i < 2 * room; i++) LIVE_CHECK(mine[i] == 5);
    for (int i = 0; i < N; i++) live_mix_int(index_of(k, at(mine, k, i)));
    MPI_Win_unlock_all(win);
    MPI_Win_free(&win);
  }
  return live_end();
}
