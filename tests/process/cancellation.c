// SPDX-License-Identifier: Apache-2.0
// Shows: threads that wait can be cancelled, their clean-up runs; robust mutexes tell of a dead owner.
// process: cuts=1
// state: Threads | cancellation of a waiting thread with its clean-up handlers; robust mutexes whose owner has died | kept
#include "fact.h"

#include <poll.h>
#include <pthread.h>

static int cleaned;
static pthread_mutex_t robust;

static void clean(void* argument) { cleaned += *(int*)argument; }

static void* wait_for_ever(void* argument) {
  int one = 1;
  pthread_cleanup_push(clean, &one);
  if (argument != NULL) poll(NULL, 0, -1);
  else for (;;) sleep(1000);
  pthread_cleanup_pop(0);
  return NULL;
}

static void* die_with_lock(void* argument) {
  pthread_mutex_lock(&robust);
  cut(0);
  return argument;
}

int main(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&robust, &attributes);
  pthread_t sleeper, poller, owner;
  void *first, *second;
  CHECK(pthread_create(&sleeper, NULL, wait_for_ever, NULL) == 0 && pthread_create(&poller, NULL, wait_for_ever, &robust) == 0);
  usleep(10000);
  CHECK(pthread_create(&owner, NULL, die_with_lock, NULL) == 0 && pthread_join(owner, NULL) == 0);
  pthread_cancel(sleeper);
  pthread_cancel(poller);
  pthread_join(sleeper, &first);
  pthread_join(poller, &second);
  CHECK(first == PTHREAD_CANCELED && second == PTHREAD_CANCELED && cleaned == 2);
  CHECK(pthread_mutex_lock(&robust) == EOWNERDEAD && pthread_mutex_consistent(&robust) == 0);
  return pass();
}
