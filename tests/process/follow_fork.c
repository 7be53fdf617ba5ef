// SPDX-License-Identifier: Apache-2.0
// Shows: with --children follow a forked child and its own child come back with their memory, and with what they share with their parent.
// process: cuts=2 options=--children=follow
// state: Children | with --children follow: children by fork, and theirs: memory, threads, ids, who waits for whom, signals between them | kept: they are part of the checkpoint
// state: Children | with --children follow: pipes, sockets, shared memory and positions of open files that processes share, data in flight | kept
#include "fact.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

static volatile sig_atomic_t signals_seen;
static void on_signal(int number) {
  (void)number;
  ++signals_seen;
}

struct Shared {
  volatile int sum;
};

static int commands[2], answers[2], deep[2], pair[2], file;
static struct Shared* shared;

static void* tick(void* argument) {
  volatile int* ticks = argument;
  for (;; ++*ticks) usleep(2000);
  return NULL;
}

static int grandchild(void) {
  char byte;
  pid_t parent = getppid();
  CHECK(read(deep[0], &byte, 1) == 1 && getppid() == parent);
  shared->sum += 1000;
  return byte;
}

/// Answers each command; 'e' ends it, with the end of its own child as its own.
static int child(pid_t parent) {
  signal(SIGUSR1, on_signal);
  close(commands[1]);
  int calls = 0, status = 0;
  volatile int ticks = 0;
  pthread_t ticker;
  pid_t own = fork();
  if (own == 0) _exit(grandchild());
  pid_t me = getpid();
  CHECK(pthread_create(&ticker, NULL, tick, (void*)&ticks) == 0);
  for (char command; read(commands[0], &command, 1) == 1;) {
    int before = ticks;
    CHECK(getpid() == me && getppid() == parent);
    if (command == 'e') break;
    if (command == 'w') CHECK(write(file, "child ", 6) == 6);
    shared->sum += 10;
    int answer[2] = {++calls, (int)signals_seen};
    while (ticks == before) usleep(1000);
    CHECK(write(answers[1], answer, sizeof answer) == sizeof answer);
  }
  CHECK(write(deep[1], "\x07", 1) == 1 && waitpid(own, &status, 0) == own && WEXITSTATUS(status) == 7);
  char text[16] = "";
  CHECK(read(pair[1], text, sizeof text) == 10 && strcmp(text, "in flight") == 0);
  return 40 + calls;
}

static void ask(char command, int calls, int seen) {
  int answer[2];
  CHECK(write(commands[1], &command, 1) == 1 && read(answers[0], answer, sizeof answer) == sizeof answer);
  CHECK(answer[0] == calls && answer[1] == seen);
}

int main(void) {
  shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  file = open("written", O_CREAT | O_RDWR | O_TRUNC, 0600);
  CHECK(shared != MAP_FAILED && file >= 0 && pipe(commands) == 0 && pipe(answers) == 0 && pipe(deep) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  pid_t me = getpid(), late = fork();
  if (late == 0)
    for (;;) pause();
  pid_t kid = fork();
  if (kid == 0) _exit(child(me));
  close(commands[0]);
  close(answers[1]);
  close(deep[0]);
  close(pair[1]);
  ask('a', 1, 0);
  CHECK(write(pair[0], "in flight", 10) == 10);
  cut(0);
  CHECK(getpid() == me && kill(kid, SIGUSR1) == 0);
  usleep(50000);
  CHECK(write(file, "parent ", 7) == 7);
  ask('w', 2, 1);
  CHECK(write(file, "parent", 6) == 6 && kill(late, SIGTERM) == 0);
  cut(1);
  ask('a', 3, 1);
  char text[32] = "";
  CHECK(pread(file, text, sizeof text, 0) == 19 && strcmp(text, "parent child parent") == 0);
  int status = 0;
  CHECK(waitpid(late, &status, 0) == late && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  CHECK(write(commands[1], "e", 1) == 1 && waitpid(-1, &status, 0) == kid && WIFEXITED(status));
  printf("OUT %d %d\n", WEXITSTATUS(status), shared->sum);
  CHECK(waitpid(kid, &status, 0) == -1 && errno == ECHILD);
  return pass();
}
