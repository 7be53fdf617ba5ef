// SPDX-License-Identifier: Apache-2.0
// Shows: a thread id that the program remembers names the same thread after restarts, in every call that takes one.
// process: cuts=2
// state: Process | thread ids (gettid, also by syscall()) | kept in the program: signals, scheduling calls and paths under /proc/self/task take them; the kernel's own are new
// state: Process | the process id and the main thread's | kept in the program: getpid, getppid of its followed children, signals and who has sent them, process groups, scheduling calls, limits and paths under /proc; the kernel's own is new
// state: Threads | affinity of single threads, as far as the new place allows it; pthread_kill, pthread_cancel, clocks of threads | kept
#include "fact.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static pthread_barrier_t ready, asked;
static pid_t tid, first_pid;
static pthread_t other;
static int hits;

static void hit(int number) {
  (void)number;
  if (pthread_equal(pthread_self(), other)) __atomic_fetch_add(&hits, 1, __ATOMIC_SEQ_CST);
}

static void* live(void* argument) {
  tid = gettid();
  pthread_setname_np(pthread_self(), "remembered");
  pthread_barrier_wait(&ready);
  for (int round = 0; round < 2; ++round) {
    pthread_barrier_wait(&asked);
    CHECK(gettid() == tid && syscall(SYS_gettid) == tid && gettid() != getpid());
    CHECK(raise(SIGUSR1) == 0);
    pthread_barrier_wait(&asked);
  }
  return argument;
}

static void ask_about_thread(int round) {
  int before = hits;
  CHECK(pthread_kill(other, SIGUSR1) == 0 && syscall(SYS_tgkill, first_pid, tid, SIGUSR1) == 0 && tgkill(getpid(), tid, SIGUSR1) == 0);
  for (double start = now_s(); hits == before && now_s() - start < 5;) usleep(1000);
  char path[64], name[32] = "";
  snprintf(path, sizeof path, "/proc/self/task/%d/comm", tid);
  int fd = open(path, O_RDONLY);
  CHECK(fd >= 0 && read(fd, name, sizeof name) == 11 && memcmp(name, "remembered\n", 11) == 0);
  close(fd);
  snprintf(path, sizeof path, "/proc/%d/task/%d/comm", first_pid, tid);
  FILE* file = fopen(path, "r");
  CHECK(file != NULL && fgets(name, sizeof name, file) != NULL && strcmp(name, "remembered\n") == 0);
  fclose(file);
  CHECK(pthread_getname_np(other, name, sizeof name) == 0 && strcmp(name, "remembered") == 0);
  cpu_set_t set;
  CHECK(sched_getaffinity(tid, sizeof set, &set) == 0 && CPU_COUNT(&set) == 1 && pthread_getaffinity_np(other, sizeof set, &set) == 0);
  CHECK(sched_getscheduler(tid) == SCHED_OTHER && getpriority(PRIO_PROCESS, (id_t)tid) == getpriority(PRIO_PROCESS, 0));
  int policy;
  struct sched_param parameter;
  CHECK(pthread_getschedparam(other, &policy, &parameter) == 0 && policy == SCHED_OTHER);
  clockid_t clock;
  struct timespec used;
  CHECK(pthread_getcpuclockid(other, &clock) == 0 && clock_gettime(clock, &used) == 0);
  CHECK(gettid() == getpid() && syscall(SYS_gettid) == getpid() && kill(first_pid, 0) == 0 && round >= 0);
  CHECK(getpgid(first_pid) == getpgid(0) && getsid(first_pid) == getsid(0) && getpgrp() == getpgid(0));
  CHECK(getpid() == first_pid && syscall(SYS_getpid) == first_pid);
  struct rlimit limit;
  CHECK(prlimit(first_pid, RLIMIT_CORE, NULL, &limit) == 0 && sigqueue(first_pid, SIGUSR1, (union sigval){.sival_int = 1}) == 0);
}

int main(void) {
  signal(SIGUSR1, hit);
  first_pid = getpid();
  pthread_barrier_init(&ready, NULL, 2);
  pthread_barrier_init(&asked, NULL, 2);
  CHECK(pthread_create(&other, NULL, live, NULL) == 0);
  pthread_barrier_wait(&ready);
  cpu_set_t one;
  CHECK(sched_getaffinity(0, sizeof one, &one) == 0);
  for (int cpu = 0, found = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &one) && found++ > 0) CPU_CLR(cpu, &one);
  }
  CHECK(pthread_setaffinity_np(other, sizeof one, &one) == 0);
  ask_about_thread(0);
  for (int round = 0; round < 2; ++round) {
    cut(round);
    ask_about_thread(round);
    pthread_barrier_wait(&asked);
    pthread_barrier_wait(&asked);
  }
  pthread_join(other, NULL);
  CHECK(hits >= 4);
  return pass();
}
