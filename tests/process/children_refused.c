// SPDX-License-Identifier: Apache-2.0
// Shows: with --children refuse a checkpoint fails at once while there is a child, by its name; without one it does not.
// process: cuts=1 options=--children=refuse refuses=children_refuse
// state: Children | a child that is alive when a checkpoint is asked for, with --children refuse | the checkpoint is refused with the child's name; the job goes on
#include "fact.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

int main(void) {
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_NAME, "children_refuse");
    pause();
    _exit(0);
  }
  cut(0);
  int status;
  CHECK(kill(child, SIGTERM) == 0 && waitpid(child, &status, 0) == child && WTERMSIG(status) == SIGTERM);
  return pass();
}
