// SPDX-License-Identifier: Apache-2.0
// Shows: four threads of a rank at work on windows when the checkpoint arrives: put and get with flush, accumulate, request-based
// operations in one lock_all epoch, and exclusive locks on another window. No operation is lost or done twice.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <pthread.h>

enum { block = 64, at_least = 20, put_place = 0, rput_place = block, sum_place = 2 * block, total = 2 * block + 1 };

static MPI_Win shared, locked;
static long memory[total], counters[2], added, locked_rounds;
static int other;
static volatile int stop;

static void* put_and_get(void* unused) {
  long out[block], in[block];
  for (int round = 1; round <= at_least || !stop; round++) {
    for (int i = 0; i < block; i++) out[i] = round * 100L + i;
    MPI_Put(out, block, MPI_LONG, other, put_place, block, MPI_LONG, shared);
    MPI_Win_flush(other, shared);
    MPI_Get(in, block, MPI_LONG, other, put_place, block, MPI_LONG, shared);
    MPI_Win_flush(other, shared);
    LIVE_CHECK(memcmp(in, out, sizeof in) == 0);
  }
  return unused;
}

static void* with_requests(void* unused) {
  long out[block], in[block];
  for (int round = 1; round <= at_least || !stop; round++) {
    MPI_Request request;
    for (int i = 0; i < block; i++) out[i] = round * 1000L + i;
    MPI_Rput(out, block, MPI_LONG, other, rput_place, block, MPI_LONG, shared, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Win_flush(other, shared);
    MPI_Rget(in, block, MPI_LONG, other, rput_place, block, MPI_LONG, shared, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    LIVE_CHECK(memcmp(in, out, sizeof in) == 0);
  }
  return unused;
}

static void* add(void* unused) {
  long one = 1;
  for (int round = 1; round <= at_least || !stop; round++) {
    for (int i = 0; i < 8; i++, added++) MPI_Accumulate(&one, 1, MPI_LONG, other, sum_place, 1, MPI_LONG, MPI_SUM, shared);
    MPI_Win_flush_local(other, shared);
  }
  return unused;
}

/// Reads and writes both ranks' counters in turn; only the lock makes the two steps one.
static void* count_locked(void* unused) {
  for (int round = 0; round < at_least || !stop; round++, locked_rounds++) {
    long value = 0;
    int target = round % 2;
    MPI_Win_lock(MPI_LOCK_EXCLUSIVE, target, 0, locked);
    MPI_Get(&value, 1, MPI_LONG, target, 0, 1, MPI_LONG, locked);
    MPI_Win_flush(target, locked);
    value++;
    MPI_Put(&value, 1, MPI_LONG, target, 0, 1, MPI_LONG, locked);
    MPI_Win_unlock(target, locked);
  }
  return unused;
}

static long sum_over_ranks(long mine) {
  long sum = 0;
  MPI_Allreduce(&mine, &sum, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
  return sum;
}

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  live_begin(2);
  LIVE_CHECK(provided == MPI_THREAD_MULTIPLE);
  other = live_rank ^ 1;
  MPI_Win_create(memory, sizeof memory, sizeof(long), MPI_INFO_NULL, MPI_COMM_WORLD, &shared);
  MPI_Win_create(counters, sizeof counters, sizeof(long), MPI_INFO_NULL, MPI_COMM_WORLD, &locked);
  MPI_Win_lock_all(0, shared);
  pthread_t threads[4];
  void* (*work[4])(void*) = {put_and_get, with_requests, add, count_locked};
  for (int i = 0; i < 4; i++) LIVE_CHECK(pthread_create(&threads[i], NULL, work[i], NULL) == 0);
  live_cut(0);
  stop = 1;
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  MPI_Win_flush_all(shared);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Win_unlock_all(shared);
  LIVE_CHECK(sum_over_ranks(memory[sum_place]) == sum_over_ranks(added));
  LIVE_CHECK(sum_over_ranks(counters[0]) == sum_over_ranks(locked_rounds));
  for (int i = 0; i < block; i++) {
    LIVE_CHECK(memory[put_place + i] % 100 == i && memory[rput_place + i] % 1000 == i);
    live_mix_int(memory[put_place + i] % 100);
  }
  MPI_Win_free(&shared);
  MPI_Win_free(&locked);
  return live_end();
}
