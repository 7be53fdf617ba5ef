// SPDX-License-Identifier: Apache-2.0
// Shows: threads of a real-time class keep class and priority; C11 threads are threads like others.
// process: cuts=1
// state: Threads | scheduling class and priority of threads (SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE), where the restart may set them | kept
// state: Threads | threads of C11 (thrd_create, mtx_t, cnd_t) | kept
#include "fact.h"

#include <pthread.h>
#include <sched.h>
#include <threads.h>

static const int policies[] = {SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE};
enum { count = sizeof policies / sizeof policies[0] };
static mtx_t lock;
static cnd_t go;
static int gone_on, ready;

static int rest(void* argument) {
  int policy = *(const int*)argument;
  struct sched_param parameter = {.sched_priority = policy == SCHED_FIFO ? 3 : policy == SCHED_RR ? 7 : 0};
  if (pthread_setschedparam(pthread_self(), policy, &parameter) != 0) return -1;
  mtx_lock(&lock);
  ++ready;
  while (!gone_on) cnd_wait(&go, &lock);
  mtx_unlock(&lock);
  int now;
  struct sched_param found;
  CHECK(pthread_getschedparam(pthread_self(), &now, &found) == 0);
  CHECK(now == policy && found.sched_priority == parameter.sched_priority && sched_getscheduler(0) == policy);
  return 40 + policy;
}

int main(void) {
  thrd_t threads[count];
  CHECK(mtx_init(&lock, mtx_plain) == thrd_success && cnd_init(&go) == thrd_success);
  struct sched_param try = {.sched_priority = 3};
  if (sched_setscheduler(0, SCHED_FIFO, &try) != 0) cannot("real-time scheduling needs a privilege");
  try.sched_priority = 0;
  CHECK(sched_setscheduler(0, SCHED_OTHER, &try) == 0);
  for (int i = 0; i < count; ++i) CHECK(thrd_create(&threads[i], rest, (void*)&policies[i]) == thrd_success);
  for (int done = 0; done != count; usleep(1000)) {
    mtx_lock(&lock);
    done = ready;
    mtx_unlock(&lock);
  }
  cut(0);
  CHECK(sched_getscheduler(0) == SCHED_OTHER);
  mtx_lock(&lock);
  gone_on = 1;
  cnd_broadcast(&go);
  mtx_unlock(&lock);
  for (int i = 0, result; i < count; ++i) CHECK(thrd_join(threads[i], &result) == thrd_success && result == 40 + policies[i]);
  return pass();
}
