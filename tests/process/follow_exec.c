// SPDX-License-Identifier: Apache-2.0
// Shows: with --children follow programs that were started by posix_spawn, popen, fork and exec come back, with their pipes and process groups.
// process: cuts=1 options=--children=follow
// state: Children | with --children follow: programs and scripts started by exec, posix_spawn, popen, system; process groups and sessions of their own | kept: each is a process with two halves
#include "fact.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern char** environ;

/// A program with a pipe to it and one from it.
static pid_t coprocess(char* const* words, int* to, int* from) {
  int in[2], out[2];
  CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  pid_t child;
  CHECK(posix_spawnp(&child, words[0], &actions, &attributes, words, environ) == 0);
  close(in[0]);
  close(out[1]);
  *to = in[1];
  *from = out[0];
  return child;
}

static void exchange(int to, int from, const char* line, const char* expected) {
  char text[64] = "";
  ssize_t bytes = 0, length = (ssize_t)strlen(expected);
  CHECK(write(to, line, strlen(line)) == (ssize_t)strlen(line));
  while (bytes < length) {
    ssize_t got = read(from, text + bytes, sizeof text - 1 - (size_t)bytes);
    CHECK(got > 0);
    bytes += got;
  }
  CHECK(strcmp(text, expected) == 0);
}

int main(void) {
  char script[] = "n=0; trap 'n=$((n+100))' USR1; while read -r a; do n=$((n+a)); echo $n; done; (exit 5)";
  char* shell[] = {"bash", "-c", script, NULL};
  char* copy[] = {"cat", NULL};
  int to_shell, from_shell, to_copy, from_copy, status = 0;
  pid_t sh = coprocess(shell, &to_shell, &from_shell), cat = coprocess(copy, &to_copy, &from_copy);
  FILE* sorted = popen("sort >sorted; echo done >>sorted", "w");
  CHECK(sorted != NULL && fputs("b\n", sorted) > 0 && fflush(sorted) == 0);
  exchange(to_shell, from_shell, "1\n", "1\n");
  exchange(to_copy, from_copy, "to cat\n", "to cat\n");
  pid_t group = getpgid(sh);
  CHECK(group == sh && getpgid(cat) == cat);
  cut(0);
  CHECK(getpgid(sh) == group && getpgid(cat) == cat && getpgid(0) != sh);
  CHECK(kill(-group, SIGUSR1) == 0);
  usleep(100000);
  exchange(to_shell, from_shell, "2\n", "103\n");
  exchange(to_copy, from_copy, "again\n", "again\n");
  close(to_shell);
  CHECK(waitpid(sh, &status, 0) == sh && WEXITSTATUS(status) == 5);
  kill(cat, SIGTERM);
  siginfo_t ended;
  CHECK(waitid(P_PID, (id_t)cat, &ended, WEXITED) == 0 && ended.si_pid == cat && ended.si_status == SIGTERM);
  CHECK(fputs("a\n", sorted) > 0 && pclose(sorted) == 0);
  char text[16] = "";
  int file = open("sorted", O_RDONLY);
  CHECK(read(file, text, sizeof text) == 9 && strcmp(text, "a\nb\ndone\n") == 0);
  return pass();
}
