// SPDX-License-Identifier: Apache-2.0
// Shows: signal handlers, masks and the alternate stack set by the program hold after a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <signal.h>

static volatile sig_atomic_t hits, on_other_stack, value;
static char other_stack[65536];

static void handler(int number, siginfo_t* what, void* context) {
  (void)context;
  char here;
  on_other_stack = &here >= other_stack && &here < other_stack + sizeof other_stack;
  value = number == SIGALRM ? 1 : what->si_value.sival_int;
  hits++;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  struct sigaction action, found;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
  LIVE_CHECK(sigaltstack(&stack, NULL) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
  signal(SIGTERM, SIG_IGN);
  sigset_t blocked, now;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGWINCH);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  live_cut(0);
  sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 42});
  LIVE_CHECK(hits == 1 && value == 42 && on_other_stack);
  sigaction(SIGUSR1, NULL, &found);
  LIVE_CHECK(found.sa_sigaction == handler && (found.sa_flags & SA_SIGINFO));
  raise(SIGTERM);
  sigprocmask(SIG_BLOCK, NULL, &now);
  LIVE_CHECK(sigismember(&now, SIGWINCH) == 1 && sigismember(&now, SIGUSR1) == 0);
  return live_end();
}
