// SPDX-License-Identifier: Apache-2.0
// Shows: timers that notify by a thread of their own, or one thread by a signal, run on.
// process: cuts=1
// state: Time | timer_create with SIGEV_THREAD or SIGEV_THREAD_ID | kept: the remaining time goes on
#include "fact.h"

#include <pthread.h>
#include <signal.h>

static int rings, ticks, right_thread;
static pthread_t main_thread;

static void ring(union sigval value) {
  __atomic_fetch_add(&rings, value.sival_int, __ATOMIC_SEQ_CST);
}

static void tick(int number, siginfo_t* info, void* context) {
  (void)context;
  ticks += number == SIGRTMIN + 1 && info->si_value.sival_int == 5;
  right_thread = pthread_equal(pthread_self(), main_thread);
}

int main(void) {
  main_thread = pthread_self();
  struct sigaction action = {.sa_sigaction = tick, .sa_flags = SA_SIGINFO};
  sigaction(SIGRTMIN + 1, &action, NULL);
  timer_t often, once, own;
  struct sigevent by_thread = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = ring, .sigev_value.sival_int = 1};
  CHECK(timer_create(CLOCK_MONOTONIC, &by_thread, &often) == 0);
  by_thread.sigev_value.sival_int = 1000000;
  CHECK(timer_create(CLOCK_MONOTONIC, &by_thread, &once) == 0);
  struct sigevent to_me = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN + 1, .sigev_value.sival_int = 5};
  to_me._sigev_un._tid = gettid();
  CHECK(timer_create(CLOCK_MONOTONIC, &to_me, &own) == 0);
  struct itimerspec every = {{0, 20000000}, {0, 20000000}}, later = {{0, 0}, {1, 0}}, soon = {{0, 0}, {0, 800000000}};
  CHECK(timer_settime(often, 0, &every, NULL) == 0 && timer_settime(once, 0, &later, NULL) == 0 && timer_settime(own, 0, &soon, NULL) == 0);
  double start = now_s();
  cut(0);
  while ((rings < 1000000 || ticks == 0) && now_s() - start < 20) usleep(1000);
  CHECK(rings >= 1000000 + 10 && ticks == 1 && right_thread && now_s() - start > 0.75);
  int before = rings;
  usleep(100000);
  CHECK(rings > before && timer_delete(often) == 0 && timer_delete(once) == 0 && timer_delete(own) == 0);
  double end = now_s() + 10;  // threads of the last expirations may come late on a busy machine, but no new ones
  do {
    before = rings;
    usleep(200000);
  } while (rings != before && now_s() < end);
  CHECK(rings == before);
  return pass();
}
