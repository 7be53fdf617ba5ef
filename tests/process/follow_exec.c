// SPDX-License-Identifier: Apache-2.0
// Shows: with --children follow programs that were started by posix_spawn, popen, fork and exec come back, with their pipes and process groups.
// process: cuts=1 options=--children=follow
// state: Children | with --children follow: programs and scripts started by exec, posix_spawn, popen, system; process groups and sessions of their own | kept: each is a process with two halves
#include "coprocess.h"
#include "fact.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

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
  pid_t sh = coprocess(shell, 0, &to_shell, &from_shell), cat = coprocess(copy, 0, &to_copy, &from_copy);
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
