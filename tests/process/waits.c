// SPDX-License-Identifier: Apache-2.0
// Shows: threads that wait for a time see no interruption, and neither less nor much more than their time of waiting.
// process: cuts=1
// state: Time | nanosleep, clock_nanosleep, poll, select, epoll_wait, sem_timedwait, pthread_cond_timedwait with a time-out | kept: the remaining time goes on, no EINTR
// state: Time | read on a pipe, futex without time-out, sigwait, pause | kept: no EINTR
#include "fact.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>

static const double wanted = 1.5;
static int ends[2];

static struct timespec later(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  t.tv_sec += 1;
  t.tv_nsec += 500000000;
  if (t.tv_nsec >= 1000000000) t.tv_sec += 1, t.tv_nsec -= 1000000000;
  return t;
}

static int by_nanosleep(void) {
  struct timespec t = {1, 500000000};
  return nanosleep(&t, NULL);
}
static int by_clock(void) {
  struct timespec t = {1, 500000000};
  return clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}
static int by_poll(void) {
  struct pollfd p = {ends[0], POLLIN, 0};
  return poll(&p, 1, 1500);
}
static int by_select(void) {
  struct timeval t = {1, 500000};
  return select(0, NULL, NULL, NULL, &t);
}
static int by_epoll(void) {
  struct epoll_event event;
  int fd = epoll_create1(EPOLL_CLOEXEC);
  int result = epoll_wait(fd, &event, 1, 1500);
  close(fd);
  return result;
}
static int by_semaphore(void) {
  sem_t s;
  sem_init(&s, 0, 0);
  struct timespec t = later(CLOCK_MONOTONIC);
  return sem_clockwait(&s, CLOCK_MONOTONIC, &t) == -1 && errno == ETIMEDOUT ? 0 : -1;
}
static int by_condition(void) {
  pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t c = PTHREAD_COND_INITIALIZER;
  struct timespec t = later(CLOCK_MONOTONIC);
  pthread_mutex_lock(&m);
  return pthread_cond_clockwait(&c, &m, CLOCK_MONOTONIC, &t) == ETIMEDOUT ? 0 : -1;
}
static int by_sigtimedwait(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  struct timespec t = {1, 500000000};
  return sigtimedwait(&set, NULL, &t) == -1 && errno == EAGAIN ? 0 : -1;
}

static int (*const waits[])(void) = {by_nanosleep, by_clock, by_poll, by_select, by_epoll, by_semaphore, by_condition, by_sigtimedwait};
enum { count = sizeof waits / sizeof waits[0] };
static double lasted[count];
static int result[count];

static void* wait_once(void* argument) {
  int i = (int)(long)argument;
  double start = now_s();
  result[i] = waits[i]();
  lasted[i] = now_s() - start;
  return NULL;
}

static void* read_pipe(void* argument) {
  char byte;
  *(int*)argument = (int)read(ends[0], &byte, 1);
  return NULL;
}

static void* wait_for_signal(void* argument) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  sigaddset(&set, SIGHUP);
  *(int*)argument = sigwaitinfo(&set, NULL);
  return NULL;
}

int main(void) {
  pthread_t threads[count], reader, waiter;
  int got = 99, signal_got = 0;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  CHECK(pipe(ends) == 0);
  for (long i = 0; i < count; ++i) CHECK(pthread_create(&threads[i], NULL, wait_once, (void*)i) == 0);
  pthread_create(&waiter, NULL, wait_for_signal, &signal_got);
  cut(0);
  for (int i = 0; i < count; ++i) pthread_join(threads[i], NULL);
  for (int i = 0; i < count; ++i) {
    if (result[i] != 0 || lasted[i] < wanted - 0.01) printf("OUT wait %d gave %d after %f s\n", i, result[i], lasted[i]);
  }
  pthread_create(&reader, NULL, read_pipe, &got);
  usleep(20000);
  CHECK(write(ends[1], "x", 1) == 1);
  pthread_join(reader, NULL);
  kill(getpid(), SIGHUP);
  pthread_join(waiter, NULL);
  printf("OUT %d %d\n", got, signal_got);
  return pass();
}
