// SPDX-License-Identifier: Apache-2.0
// A job of one-sided communication for checkpoints at random moments: fences, post/start/complete/wait, exclusive and
// shared locks, lock_all, request-based and accumulating operations, shared memory, windows that come and go. All results
// go into a checksum that does not depend on who comes first.
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/numbers.h"

enum { cells = 64 };

static int rank, size, next, before;
static long *ring, *shared, *neighbour, counters[2];
static MPI_Win ring_win, count_win, shared_win;
static MPI_Group to_next, to_before;
static uint64_t counted, added;

static void mix_long(long value) { mix(&value, sizeof value); }

static void check(int good, const char* what, uint64_t round) {
  if (good) return;
  fprintf(stderr, "rank %d, round %llu: wrong: %s\n", rank, (unsigned long long)round, what);
  fflush(stderr);
  MPI_Abort(MPI_COMM_WORLD, 3);
}

static void expect_from_before(const long* at, uint64_t round, const char* what) {
  for (int i = 0; i < cells; i++) check(at[i] == (long)round * 1000 + before * 100 + i, what, round);
  mix_long(at[(int)(round % cells)]);
}

static void fill(long* values, uint64_t round) {
  for (int i = 0; i < cells; i++) values[i] = (long)round * 1000 + rank * 100 + i;
}

static void fences(MPI_Win win, long* memory, uint64_t round) {
  long values[cells];
  fill(values, round);
  MPI_Win_fence(0, win);
  MPI_Put(values, cells, MPI_LONG, next, 0, cells, MPI_LONG, win);
  MPI_Win_fence(0, win);
  expect_from_before(memory, round, "a put between fences");
}

static void post_and_start(uint64_t round) {
  long values[cells];
  fill(values, round);
  MPI_Win_fence(MPI_MODE_NOSUCCEED, ring_win);
  MPI_Win_post(to_before, 0, ring_win);
  MPI_Win_start(to_next, 0, ring_win);
  MPI_Put(values, cells, MPI_LONG, next, 0, cells, MPI_LONG, ring_win);
  MPI_Win_complete(ring_win);
  if (round % 3 == 0)
    for (int done = 0; !done;) MPI_Win_test(ring_win, &done);
  else
    MPI_Win_wait(ring_win);
  expect_from_before(ring, round, "a put between start and complete");
}

static void count_under_lock(uint64_t round) {
  int target = (int)(round % (uint64_t)size);
  long value = 0;
  MPI_Win_lock(MPI_LOCK_EXCLUSIVE, target, 0, count_win);
  MPI_Get(&value, 1, MPI_LONG, target, 0, 1, MPI_LONG, count_win);
  MPI_Win_flush(target, count_win);
  value++;
  MPI_Put(&value, 1, MPI_LONG, target, 0, 1, MPI_LONG, count_win);
  MPI_Win_unlock(target, count_win);
  if (target == rank) counted += (uint64_t)size;
}

static void add_everywhere(uint64_t round) {
  long one = 1, seen[64];
  MPI_Win_lock_all(0, count_win);
  for (int r = 0; r < size; r++) {
    if (round % 2 == 0)
      MPI_Accumulate(&one, 1, MPI_LONG, r, 1, 1, MPI_LONG, MPI_SUM, count_win);
    else
      MPI_Fetch_and_op(&one, &seen[r], MPI_LONG, r, 1, MPI_SUM, count_win);
  }
  MPI_Win_unlock_all(count_win);
  added += (uint64_t)size;
}

static void by_request(uint64_t round) {
  long values[cells], back[cells];
  MPI_Request requests[2];
  fill(values, round);
  MPI_Win_fence(MPI_MODE_NOSUCCEED, ring_win);
  MPI_Win_lock(MPI_LOCK_SHARED, next, 0, ring_win);
  MPI_Rput(values, cells, MPI_LONG, next, cells, cells, MPI_LONG, ring_win, &requests[0]);
  MPI_Wait(&requests[0], MPI_STATUS_IGNORE);
  MPI_Win_flush(next, ring_win);
  MPI_Rget(back, cells, MPI_LONG, next, cells, cells, MPI_LONG, ring_win, &requests[1]);
  MPI_Wait(&requests[1], MPI_STATUS_IGNORE);
  MPI_Win_unlock(next, ring_win);
  for (int i = 0; i < cells; i++) check(back[i] == values[i], "what was put by request", round);
  mix_long(back[0]);
}

static void share(uint64_t round) {
  MPI_Win_sync(shared_win);
  MPI_Barrier(MPI_COMM_WORLD);
  fill(neighbour, round);
  MPI_Win_sync(shared_win);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_sync(shared_win);
  expect_from_before(shared, round, "shared memory");
}

static void make_and_free(uint64_t round) {
  long* memory;
  MPI_Win win;
  MPI_Win_allocate(cells * sizeof(long), sizeof(long), MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &win);
  fences(win, memory, round);
  MPI_Win_free(&win);
}

static void make_windows(void) {
  MPI_Group world;
  MPI_Aint bytes;
  int unit;
  MPI_Win_allocate(2 * cells * sizeof(long), sizeof(long), MPI_INFO_NULL, MPI_COMM_WORLD, &ring, &ring_win);
  MPI_Win_create(counters, sizeof counters, sizeof(long), MPI_INFO_NULL, MPI_COMM_WORLD, &count_win);
  MPI_Win_allocate_shared(cells * sizeof(long), sizeof(long), MPI_INFO_NULL, MPI_COMM_WORLD, &shared, &shared_win);
  MPI_Win_shared_query(shared_win, next, &bytes, &unit, &neighbour);
  MPI_Win_lock_all(0, shared_win);
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  MPI_Group_incl(world, 1, &next, &to_next);
  MPI_Group_incl(world, 1, &before, &to_before);
  MPI_Group_free(&world);
}

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (argc != 3 || size < 2 || size > 64) {
    fprintf(stderr, "usage: random_windows ROUNDS SEED, with 2 to 64 ranks\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  uint64_t rounds = strtoull(argv[1], NULL, 10), seed = strtoull(argv[2], NULL, 10);
  next = (rank + 1) % size, before = (rank + size - 1) % size;
  make_windows();
  for (uint64_t round = 0; round < rounds; round++) {
    switch (number(seed, round) % 8) {
      case 0: fences(ring_win, ring, round); break;
      case 1: case 2: post_and_start(round); break;
      case 3: count_under_lock(round); break;
      case 4: add_everywhere(round); break;
      case 5: by_request(round); break;
      case 6: share(round); break;
      default:
        if (round % 16 == 0) make_and_free(round);
        break;
    }
    if (rank == 0 && round % 1000 == 0) fprintf(stderr, "round %llu\n", (unsigned long long)round);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_lock(MPI_LOCK_SHARED, rank, 0, count_win);
  check((uint64_t)counters[0] == counted && (uint64_t)counters[1] == added, "the counters", rounds);
  MPI_Win_unlock(rank, count_win);
  mix_long(counters[0]);
  mix_long(counters[1]);
  MPI_Win_unlock_all(shared_win);
  MPI_Win_fence(MPI_MODE_NOSUCCEED, ring_win);
  printf("PASS %d %016llx\n", rank, (unsigned long long)checksum);
  fflush(stdout);
  MPI_Group_free(&to_next);
  MPI_Group_free(&to_before);
  MPI_Win_free(&shared_win);
  MPI_Win_free(&count_win);
  MPI_Win_free(&ring_win);
  MPI_Finalize();
  return 0;
}
