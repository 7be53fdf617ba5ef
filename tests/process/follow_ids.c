// SPDX-License-Identifier: Apache-2.0
// Shows: with --children follow ids are kept across restarts by a program that a restarted process executes, and known to children that it starts.
// process: cuts=2 options=--children=follow
// state: Children | with --children follow: ids of a process that executes another program after a restart, of its parent, of a group that another child leads | kept
#include "coprocess.h"
#include "fact.h"

#include <signal.h>
#include <sys/wait.h>

static volatile sig_atomic_t signals_seen;
static void on_signal(int number) {
  (void)number;
  ++signals_seen;
}

/// In the process group `group`, 0: its own.
static pid_t shell(const char* script, pid_t group, int* to, int* from) {
  char* words[] = {"bash", "-c", (char*)script, NULL};
  return coprocess(words, group, to, from);
}

static void expect(int from, const char* expected) {
  char text[64] = "";
  ssize_t bytes = 0, length = (ssize_t)strlen(expected);
  while (bytes < length) {
    ssize_t got = read(from, text + bytes, sizeof text - 1 - (size_t)bytes);
    CHECK(got > 0);
    bytes += got;
  }
  CHECK(strcmp(text, expected) == 0);
}

static void say(int to) { CHECK(write(to, "\n", 1) == 1); }

static void forked_child_knows_its_parent(pid_t me) {
  int status;
  pid_t child = fork();
  if (child == 0) _exit(getppid() == me && kill(me, 0) == 0 ? 3 : 4);
  CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3);
  signals_seen = 0;
  CHECK(system("kill -USR1 $PPID") == 0 && signals_seen == 1);
}

int main(void) {
  signal(SIGUSR1, on_signal);
  pid_t me = getpid(), group = getpgrp();
  int to, from, to_leader, from_leader, to_other, from_other, status = 0;
  char ids[64];
  pid_t first = shell("read; exec bash -c 'echo $$ $PPID; read; echo $$ $PPID; read; kill -USR1 $PPID; exit 7'", group, &to, &from);
  pid_t leader = shell("echo up; read; exit 5", 0, &to_leader, &from_leader);
  pid_t other = shell("echo up; (read; exit 9)", leader, &to_other, &from_other);
  expect(from_leader, "up\n");
  expect(from_other, "up\n");
  snprintf(ids, sizeof ids, "%d %d\n", (int)first, (int)me);
  cut(0);
  CHECK(getpgid(first) == group && getpgid(leader) == leader && getpgid(other) == leader);
  forked_child_knows_its_parent(me);
  say(to);
  expect(from, ids);
  cut(1);
  CHECK(getpgid(first) == group && getpgid(leader) == leader && getpgid(other) == leader);
  forked_child_knows_its_parent(me);
  signals_seen = 0;
  say(to);
  expect(from, ids);
  say(to);
  CHECK(waitpid(first, &status, 0) == first && WEXITSTATUS(status) == 7 && signals_seen == 1);
  say(to_leader);
  CHECK(waitpid(leader, &status, 0) == leader && WEXITSTATUS(status) == 5);
  say(to_other);
  CHECK(waitpid(other, &status, 0) == other && WEXITSTATUS(status) == 9);
  return pass();
}
