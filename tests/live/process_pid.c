// SPDX-License-Identifier: Apache-2.0
// Shows: libc calls that ask the kernel anew work after a restart: getpid, fork, system, popen.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <sys/wait.h>

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  live_cut(0);
  LIVE_CHECK(getpid() > 1 && kill(getpid(), 0) == 0);
  FILE* pipe = popen("echo child says 5", "r");
  int number = 0;
  LIVE_CHECK(pipe && fscanf(pipe, "child says %d", &number) == 1 && number == 5);
  LIVE_CHECK(pclose(pipe) == 0);
  return live_end();
}
