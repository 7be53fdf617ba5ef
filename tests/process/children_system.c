// SPDX-License-Identifier: Apache-2.0
// Shows: system(3) and pclose(3), whose waits are libc's own, tell how the child ended that they stood for at the checkpoint.
// process: cuts=1
// state: Children | system and pclose that stand for a child at the checkpoint | kept: they tell its end, or that the restart has killed it
#include "fact.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

static int is_end(int status, int code) { return WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == code; }

static void* call_system(void* unused) {
  (void)unused;
  CHECK(is_end(system("sleep 1; exit 5"), 5));
  return NULL;
}

int main(void) {
  pthread_t caller;
  FILE* other = popen("sleep 1; exit 6", "r");
  CHECK(other != NULL);
  pthread_create(&caller, NULL, call_system, NULL);
  usleep(50000);
  cut(0);
  pthread_join(caller, NULL);
  CHECK(is_end(pclose(other), 6));
  CHECK(system("exit 7") == 7 << 8 && wait(NULL) == -1 && errno == ECHILD);
  return pass();
}
