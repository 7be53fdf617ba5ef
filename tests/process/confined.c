// SPDX-License-Identifier: Apache-2.0
// Shows: without privileges, in a user namespace and under the system-call filter of a container everything is kept as elsewhere.
// process: cuts=1 as=nobody
// process: cuts=1 as=user-namespace
// process: cuts=1 as=filtered
// process: cuts=1 as=container
// state: Confinement | a user without any capability; a user namespace (unshare -Ur); the system-call filter of containers (kcmp, ptrace and the like denied); a container: own namespaces, read-only root, /dev/shm of 256 KiB | kept as elsewhere
#include "fact.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

static pthread_mutex_t held;
static int ready, go;

static void* wait_there(void* argument) {
  CHECK(pthread_mutex_lock(&held) == 0 && pthread_mutex_lock(&held) == 0);
  __atomic_store_n(&ready, 1, __ATOMIC_SEQ_CST);
  while (!__atomic_load_n(&go, __ATOMIC_SEQ_CST)) usleep(1000);
  CHECK(pthread_mutex_unlock(&held) == 0 && pthread_mutex_unlock(&held) == 0);
  return argument;
}

int main(void) {
  pthread_mutexattr_t a;
  pthread_mutexattr_init(&a);
  pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&held, &a);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, wait_there, NULL) == 0);
  while (!__atomic_load_n(&ready, __ATOMIC_SEQ_CST)) usleep(1000);
  int pair[2], file = open("confined", O_CREAT | O_RDWR, 0600), same = dup(file), other = open("confined", O_RDWR);
  CHECK(pipe(pair) == 0 && write(pair[1], "data", 4) == 4 && write(file, "12345", 5) == 5 && other >= 0);
  char* shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  strcpy(shared, "shared");
  int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  struct itimerspec half = {{0, 0}, {0, 500000000}};
  CHECK(timerfd_settime(timer, 0, &half, NULL) == 0);
  double start = now_s();
  cut(0);
  char text[8] = "";
  unsigned long ticks = 0;
  CHECK(read(pair[0], text, 4) == 4 && memcmp(text, "data", 4) == 0 && strcmp(shared, "shared") == 0);
  CHECK(lseek(same, 0, SEEK_CUR) == 5 && lseek(same, 2, SEEK_SET) == 2 && lseek(file, 0, SEEK_CUR) == 2 && lseek(other, 0, SEEK_CUR) == 0);
  CHECK(read(timer, &ticks, sizeof ticks) == sizeof ticks && ticks == 1 && now_s() - start > 0.49);
  __atomic_store_n(&go, 1, __ATOMIC_SEQ_CST);
  CHECK(pthread_join(thread, NULL) == 0 && pthread_mutex_lock(&held) == 0);
  int status = system("exit 3");
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3 && access("confined", R_OK) == 0);
  return pass();
}
