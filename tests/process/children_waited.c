// SPDX-License-Identifier: Apache-2.0
// Shows: with --children wait a checkpoint waits until a child has ended.
// process: cuts=1 options=--children=wait
// state: Children | a child that is alive when a checkpoint is asked for, with --children wait | the checkpoint waits for its end; after 5 s it is given up, with the child's name
#include "fact.h"

#include <signal.h>
#include <sys/wait.h>

static volatile sig_atomic_t reaped = -1;
static void reap(int number) {
  (void)number;
  int status;
  if (waitpid(-1, &status, WNOHANG) > 0) reaped = WEXITSTATUS(status);
}

int main(void) {
  struct sigaction action = {.sa_handler = reap, .sa_flags = SA_RESTART};
  sigaction(SIGCHLD, &action, NULL);
  if (fork() == 0) {
    usleep(700000);
    _exit(3);
  }
  cut(0);
  for (int i = 0; i < 200 && reaped < 0; ++i) usleep(10000);
  CHECK(reaped == 3);
  return pass();
}
