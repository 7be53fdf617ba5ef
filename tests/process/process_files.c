// SPDX-License-Identifier: Apache-2.0
// Shows: files under /proc that name a process or a thread stay those of the same process and thread, at their position.
// process: cuts=2
// state: Descriptors | open files and directories under /proc/self and its tasks | kept: they tell of the process of now
// state: Descriptors | open files under /proc of another process | kept while it lives on this machine; else they read as of a process that has ended (ESRCH)
#include "fact.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static pthread_barrier_t ready, finished;
static pid_t tid;

static void* live(void* argument) {
  tid = gettid();
  pthread_setname_np(pthread_self(), "of a thread");
  pthread_barrier_wait(&ready);
  pthread_barrier_wait(&finished);
  return argument;
}

/// Reads the whole file from its beginning.
static const char* text(int fd) {
  static char found[4096];
  ssize_t n = pread(fd, found, sizeof found - 1, 0);
  CHECK(n > 0);
  found[n] = 0;
  return found;
}

static int opened(const char* format, int a, int b) {
  char path[128];
  snprintf(path, sizeof path, format, a, b);
  int fd = open(path, O_RDONLY);
  CHECK(fd >= 0);
  return fd;
}

/// The kernel's id of this process, which its files tell.
static pid_t kernels_id(void) {
  char link[32] = "";
  CHECK(readlink("/proc/self", link, sizeof link - 1) > 0);
  return (pid_t)atoi(link);
}

int main(void) {
  pthread_barrier_init(&ready, NULL, 2);
  pthread_barrier_init(&finished, NULL, 2);
  pthread_t other;
  CHECK(pthread_create(&other, NULL, live, NULL) == 0);
  pthread_barrier_wait(&ready);
  pid_t child = fork();
  if (child == 0)
    for (;;) pause();
  int sizes = opened("/proc/%d/statm", getpid(), 0), twin = dup(sizes), own = opened("/proc/self/stat", 0, 0);
  int name = opened("/proc/self/task/%d/comm", tid, 0), main_name = opened("/proc/%d/task/%d/comm", getpid(), getpid());
  int first = opened("/proc/1/stat", 0, 0), gone = opened("/proc/%d/stat", child, 0), here = open("/proc/self", O_RDONLY | O_DIRECTORY);
  CHECK(atoi(text(gone)) == child && kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
  char start[8] = "", rest[8] = "";
  CHECK(read(name, start, 3) == 3 && strcmp(start, "of ") == 0);
  DIR* descriptors = opendir("/proc/self/fd");
  CHECK(descriptors != NULL);
  for (int round = 0; round < 2; ++round) {
    cut(round);
    CHECK(atol(text(sizes)) > 0 && atol(text(twin)) > 0 && atoi(text(own)) == kernels_id());
    CHECK(strcmp(text(name), "of a thread\n") == 0 && strcmp(text(main_name), "process_files\n") == 0);
    CHECK(atoi(text(first)) == 1);
    CHECK(pread(gone, rest, 1, 0) == -1 && errno == ESRCH);
    int status = openat(here, "status", O_RDONLY);
    CHECK(status >= 0 && strstr(text(status), "process_files") != NULL);
    close(status);
    int seen = 0;
    rewinddir(descriptors);
    for (struct dirent* entry; (entry = readdir(descriptors)) != NULL;) seen += atoi(entry->d_name) == gone;
    CHECK(seen == 1);
  }
  CHECK(read(name, rest, 2) == 2 && strcmp(rest, "a ") == 0);
  CHECK(lseek(sizes, 1, SEEK_SET) == 1 && lseek(twin, 0, SEEK_CUR) == 1);
  pthread_barrier_wait(&finished);
  pthread_join(other, NULL);
  return pass();
}
