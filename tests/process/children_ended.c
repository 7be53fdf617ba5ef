// SPDX-License-Identifier: Apache-2.0
// Shows: how children have ended is told by waits after a restart too: one that had ended before, and those that waits were standing for.
// process: cuts=1
// state: Children | a child that had ended and was not waited for; waits that stand for a child at the checkpoint | kept: waits tell its end, or that the restart has killed it
#include "fact.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

static volatile sig_atomic_t told;
static void on_child(int number) {
  (void)number;
  told++;
}

static pid_t waited_for;
static int how = -1;
static void* wait_there(void* unused) {
  CHECK(waitpid(waited_for, &how, 0) == waited_for);
  return unused;
}

/// Ends with 3 when nobody can write to the pipe any more.
static pid_t child_at(const int* pipe_ends) {
  pid_t child = fork();
  if (child == 0) {
    char byte;
    close(pipe_ends[1]);
    _exit(read(pipe_ends[0], &byte, 1) == 0 ? 3 : 4);
  }
  return child;
}

int main(void) {
  int ends[2], status;
  struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_RESTART};
  sigaction(SIGCHLD, &action, NULL);
  pid_t exited = fork();
  if (exited == 0) _exit(7);
  pid_t killed = fork();
  if (killed == 0) {
    pause();
    _exit(1);
  }
  CHECK(kill(killed, SIGTERM) == 0 && pipe(ends) == 0);
  siginfo_t info;
  CHECK(waitid(P_PID, (id_t)exited, &info, WEXITED | WNOWAIT) == 0 && waitid(P_PID, (id_t)killed, &info, WEXITED | WNOWAIT) == 0);
  waited_for = child_at(ends);
  pthread_t waiter;
  pthread_create(&waiter, NULL, wait_there, NULL);
  usleep(20000);
  int before = told;
  cut(0);
  close(ends[1]);
  pthread_join(waiter, NULL);
  CHECK(WIFSIGNALED(how) ? WTERMSIG(how) == SIGKILL : WEXITSTATUS(how) == 3);
  for (int i = 0; i < 500 && told == before; ++i) usleep(10000);
  CHECK(told > before);
  CHECK(waitid(P_PID, (id_t)exited, &info, WEXITED | WNOWAIT) == 0 && info.si_code == CLD_EXITED && info.si_status == 7 && info.si_pid == exited);
  CHECK(kill(exited, SIGTERM) == 0);  // it is dead, and still its number
  CHECK(waitpid(exited, &status, WNOHANG) == exited && WIFEXITED(status) && WEXITSTATUS(status) == 7);
  CHECK(wait(&status) == killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  CHECK(wait(&status) == -1 && errno == ECHILD);
  return pass();
}
