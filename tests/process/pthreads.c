// SPDX-License-Identifier: Apache-2.0
// Shows: threads that wait for each other by mutex, condition, barrier, semaphore; detached ones; thread-local storage; names.
// process: cuts=2
// state: Threads | pthreads, detached threads, thread-local storage, names | kept
// state: Threads | mutexes, conditions, barriers, semaphores with threads waiting in them | kept
#include "fact.h"

#include <pthread.h>
#include <semaphore.h>

enum { count = 4 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static sem_t finished;
static __thread int own;
static int turn;

static void* take_turns(void* argument) {
  int me = (int)(long)argument;
  char name[16];
  snprintf(name, sizeof name, "worker-%d", me);
  pthread_setname_np(pthread_self(), name);
  for (own = 0; own < 3; ++own) {
    pthread_mutex_lock(&lock);
    while (turn % count != me) pthread_cond_wait(&changed, &lock);
    ++turn;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    pthread_barrier_wait(&barrier);
  }
  char found[16];
  pthread_getname_np(pthread_self(), found, sizeof found);
  CHECK(own == 3 && strcmp(name, found) == 0);
  sem_post(&finished);
  return NULL;
}

int main(void) {
  pthread_barrier_init(&barrier, NULL, count + 1);
  sem_init(&finished, 0, 0);
  pthread_mutex_lock(&lock);
  for (long i = 0; i < count; ++i) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, take_turns, (void*)i) == 0);
    pthread_detach(thread);
  }
  usleep(20000);
  cut(0);
  pthread_mutex_unlock(&lock);
  pthread_barrier_wait(&barrier);
  usleep(20000);
  cut(1);
  pthread_barrier_wait(&barrier);
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < count; ++i) sem_wait(&finished);
  printf("OUT %d\n", turn);
  return pass();
}
