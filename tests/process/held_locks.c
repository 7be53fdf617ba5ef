// SPDX-License-Identifier: Apache-2.0
// Shows: locks that libc marks with their owner's thread id stay their owner's: held at the cut, and taken by a thread that waited for them.
// process: cuts=1
// state: Threads | recursive, error-checking, robust, priority-inheriting mutexes and read-write locks, held at the checkpoint or waited for | kept
#include "fact.h"

#include <pthread.h>

enum { recursive, checking, robust, inheriting, shared, kinds };
static pthread_mutex_t held[kinds], waited[kinds];
static pthread_rwlock_t written = PTHREAD_RWLOCK_INITIALIZER, wanted = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t ready;

static void make(pthread_mutex_t* mutex, int kind) {
  pthread_mutexattr_t a;
  pthread_mutexattr_init(&a);
  pthread_mutexattr_settype(&a, kind == recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_ERRORCHECK);
  if (kind == robust) pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
  if (kind == inheriting) pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
  if (kind == shared) pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
  CHECK(pthread_mutex_init(mutex, &a) == 0);
}

/// The owner of `mutex` may take it again as its kind says, and give it back.
static void is_mine(pthread_mutex_t* mutex, int kind) {
  if (kind == recursive) CHECK(pthread_mutex_lock(mutex) == 0 && pthread_mutex_unlock(mutex) == 0);
  else CHECK(pthread_mutex_lock(mutex) == EDEADLK);
  CHECK(pthread_mutex_unlock(mutex) == 0 && pthread_mutex_unlock(mutex) == EPERM);
}

static void* wait_for(void* argument) {
  long kind = (long)argument;
  pthread_barrier_wait(&ready);
  if (kind == kinds) {
    CHECK(pthread_rwlock_wrlock(&wanted) == 0 && pthread_rwlock_rdlock(&wanted) == EDEADLK && pthread_rwlock_unlock(&wanted) == 0);
  } else {
    CHECK(pthread_mutex_lock(&waited[kind]) == 0);
    is_mine(&waited[kind], (int)kind);
  }
  return NULL;
}

/// A thread of its own that holds locks through the cut, and dies with a robust one.
static pthread_mutex_t left_behind;
static void* hold(void* argument) {
  pthread_mutex_t mine;
  make(&mine, recursive);
  CHECK(pthread_mutex_lock(&mine) == 0 && pthread_mutex_lock(&left_behind) == 0);
  pthread_barrier_wait(&ready);
  cut(0);
  is_mine(&mine, recursive);
  return argument;
}

int main(void) {
  pthread_t thread[kinds + 1], holder;
  make(&left_behind, robust);
  pthread_barrier_init(&ready, NULL, kinds + 3);
  for (int k = 0; k < kinds; ++k) {
    make(&held[k], k);
    make(&waited[k], k);
    CHECK(pthread_mutex_lock(&held[k]) == 0 && pthread_mutex_lock(&waited[k]) == 0);
  }
  CHECK(pthread_rwlock_wrlock(&written) == 0 && pthread_rwlock_wrlock(&wanted) == 0);
  for (long k = 0; k <= kinds; ++k) CHECK(pthread_create(&thread[k], NULL, wait_for, (void*)k) == 0);
  CHECK(pthread_create(&holder, NULL, hold, NULL) == 0);
  pthread_barrier_wait(&ready);
  usleep(20000);
  cut(0);
  for (int k = 0; k < kinds; ++k) {
    is_mine(&held[k], k);
    CHECK(pthread_mutex_unlock(&waited[k]) == 0);
  }
  CHECK(pthread_rwlock_rdlock(&written) == EDEADLK && pthread_rwlock_unlock(&written) == 0 && pthread_rwlock_unlock(&wanted) == 0);
  CHECK(pthread_rwlock_tryrdlock(&written) == 0 && pthread_rwlock_unlock(&written) == 0);
  for (int k = 0; k <= kinds; ++k) pthread_join(thread[k], NULL);
  pthread_join(holder, NULL);
  CHECK(pthread_mutex_lock(&left_behind) == EOWNERDEAD && pthread_mutex_consistent(&left_behind) == 0 && pthread_mutex_unlock(&left_behind) == 0);
  return pass();
}
