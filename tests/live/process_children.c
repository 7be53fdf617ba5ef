// SPDX-License-Identifier: Apache-2.0
// Shows: system, popen, and a fork without exec whose child has a thread, in an MPI program before and after a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <pthread.h>
#include <sys/wait.h>

static void* add_one(void* argument) {
  ++*(int*)argument;
  return NULL;
}

static void family(void) {
  char found[32] = "";
  FILE* stream = popen("echo from a shell", "r");
  LIVE_CHECK(stream && fgets(found, sizeof found, stream) && strcmp(found, "from a shell\n") == 0 && pclose(stream) == 0);
  LIVE_CHECK(WEXITSTATUS(system("exit 7")) == 7);
  pid_t child = fork();
  if (child == 0) {
    int sum = 41;
    pthread_t thread;
    if (pthread_create(&thread, NULL, add_one, &sum) != 0) _exit(1);
    pthread_join(thread, NULL);
    _exit(sum);
  }
  int status = 0;
  LIVE_CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 42);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  family();
  live_cut(0);
  family();
  return live_end();
}
