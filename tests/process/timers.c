// SPDX-License-Identifier: Apache-2.0
// Shows: timers run on with their remaining time; pending signals stay pending with what they carry; limits and niceness.
// process: cuts=1
// state: Time | setitimer, alarm, timer_create with a signal | kept: the remaining time goes on
// state: Signals | signals pending for the process, with their siginfo; masks; handlers; alternate stacks | kept
// state: Signals | a signal pending for one thread, with its siginfo | kept
// state: Process | umask, soft resource limits, niceness, working directory | kept, within the hard limits of the new place
#include "fact.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

static volatile sig_atomic_t alarms, ticks;
static void on_alarm(int number) { (void)number; alarms++; }
static void on_tick(int number, siginfo_t* info, void* context) {
  (void)context;
  ticks += number == SIGRTMIN + 3 && info->si_code == SI_TIMER && info->si_value.sival_int == 1234;
}

int main(void) {
  signal(SIGALRM, on_alarm);
  struct sigaction action = {.sa_sigaction = on_tick, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGRTMIN + 3, &action, NULL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 5);
  sigprocmask(SIG_BLOCK, &set, NULL);
  sigset_t plain;  // sent by kill(2) and by the kernel, whose senders the kernel vouches for
  sigemptyset(&plain);
  sigaddset(&plain, SIGUSR1);
  sigaddset(&plain, SIGCHLD);
  sigprocmask(SIG_BLOCK, &plain, NULL);
  pid_t child = fork();
  if (child == 0) _exit(5);
  siginfo_t ended;
  CHECK(child > 0 && waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT) == 0 && kill(getpid(), SIGUSR1) == 0);
  for (int i = 0; i < 3; ++i) CHECK(sigqueue(getpid(), SIGRTMIN + 5, (union sigval){.sival_int = 70 + i}) == 0);
  sigset_t own;
  sigemptyset(&own);
  sigaddset(&own, SIGHUP);
  sigprocmask(SIG_BLOCK, &own, NULL);
  raise(SIGHUP);
  sigset_t mine;
  sigemptyset(&mine);
  sigaddset(&mine, SIGRTMIN + 6);
  sigprocmask(SIG_BLOCK, &mine, NULL);
  for (int i = 0; i < 2; ++i) CHECK(pthread_sigqueue(pthread_self(), SIGRTMIN + 6, (union sigval){.sival_int = 90 + i}) == 0);
  CHECK(sigqueue(getpid(), SIGRTMIN + 6, (union sigval){.sival_int = 92}) == 0);  // for the process: comes last
  timer_t spare, timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 3, .sigev_value.sival_int = 1234};
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &spare) == 0 && timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_delete(spare) == 0);
  double start = now_s();
  struct itimerspec later = {{0, 0}, {1, 0}};
  CHECK(timer_settime(timer, 0, &later, NULL) == 0);
  struct itimerval soon = {{0, 0}, {1, 0}};
  setitimer(ITIMER_REAL, &soon, NULL);
  struct rlimit limit;
  getrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = 0;
  setrlimit(RLIMIT_CORE, &limit);
  int niceness = getpriority(PRIO_PROCESS, 0) + 3;
  CHECK(nice(3) == niceness);
  umask(027);
  pid_t before = getpid();
  cut(0);
  while ((alarms == 0 || ticks == 0) && now_s() - start < 10) usleep(1000);
  CHECK(alarms == 1 && ticks == 1 && now_s() - start > 0.99);
  CHECK(timer_gettime(timer, &later) == 0 && later.it_value.tv_sec == 0 && timer_delete(timer) == 0);
  for (int i = 0; i < 3; ++i) {
    siginfo_t info;
    CHECK(sigwaitinfo(&set, &info) == SIGRTMIN + 5 && info.si_value.sival_int == 70 + i && info.si_code == SI_QUEUE);
  }
  siginfo_t info;
  for (int i = 0; i < 3; ++i) CHECK(sigwaitinfo(&mine, &info) == SIGRTMIN + 6 && info.si_value.sival_int == 90 + i && info.si_code == SI_QUEUE);
  CHECK(sigwaitinfo(&plain, &info) == SIGUSR1 && info.si_code == SI_USER && info.si_pid == before);
  CHECK(sigwaitinfo(&plain, &info) == SIGCHLD && info.si_code == CLD_EXITED && info.si_pid == child && info.si_status == 5);
  CHECK(sigpending(&set) == 0 && sigismember(&set, SIGHUP) == 1 && sigwaitinfo(&own, NULL) == SIGHUP);
  CHECK(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && getpriority(PRIO_PROCESS, 0) == niceness && umask(0) == 027);
  CHECK(kill(before, SIGALRM) == 0 && alarms == 2);
  return pass();
}
