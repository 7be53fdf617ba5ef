// SPDX-License-Identifier: Apache-2.0
// Shows: a program's handlers stay when it starts others by system, popen, posix_spawn and vfork, which set theirs back; a forked child has its own.
// process: cuts=1
// state: Signals | handlers of a program that starts others (system, popen, posix_spawn, vfork) | kept
#include "fact.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern char** environ;

static volatile sig_atomic_t seen[65];
static void on_signal(int number) { ++seen[number]; }

static void handle(int number, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler};
  CHECK(sigaction(number, &action, NULL) == 0);
}

static void (*handler_of(int number))(int) {
  struct sigaction action;
  CHECK(sigaction(number, NULL, &action) == 0);
  return action.sa_handler;
}

static void all_are_seen(void) {
  const int numbers[] = {SIGUSR1, SIGTERM, SIGRTMIN + 3};
  for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; ++i) {
    int before = seen[numbers[i]];
    CHECK(handler_of(numbers[i]) == on_signal && kill(getpid(), numbers[i]) == 0 && seen[numbers[i]] == before + 1);
  }
  CHECK(handler_of(SIGHUP) == SIG_IGN && kill(getpid(), SIGHUP) == 0);
}

static void start_others(void) {
  CHECK(system("kill -USR1 $PPID") == 0);
  all_are_seen();
  FILE* reader = popen("cat >/dev/null", "w");
  CHECK(reader != NULL && pclose(reader) == 0);
  all_are_seen();
  int status;
  pid_t child = vfork();
  if (child == 0) {
    signal(SIGUSR1, SIG_DFL);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_DFL);
    execlp("sh", "sh", "-c", "kill -TERM $$; exit 6", NULL);
    _exit(127);
  }
  CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 6);
  all_are_seen();
}

/// What it sets is its own, and it is told of it.
static int forked(void) {
  all_are_seen();
  handle(SIGUSR1, SIG_DFL);
  handle(SIGTERM, SIG_IGN);
  CHECK(handler_of(SIGUSR1) == SIG_DFL && handler_of(SIGTERM) == SIG_IGN);
  CHECK(kill(getpid(), SIGTERM) == 0);
  handle(SIGTERM, on_signal);
  int before = seen[SIGTERM];
  CHECK(handler_of(SIGTERM) == on_signal && kill(getpid(), SIGTERM) == 0 && seen[SIGTERM] == before + 1);
  kill(getpid(), SIGUSR1);
  return 1;
}

int main(void) {
  handle(SIGUSR1, on_signal);
  handle(SIGTERM, on_signal);
  handle(SIGRTMIN + 3, on_signal);
  handle(SIGHUP, SIG_IGN);
  start_others();
  cut(0);
  all_are_seen();
  start_others();
  int status;
  pid_t child = fork();
  if (child == 0) _exit(forked());
  CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
  all_are_seen();
  return pass();
}
