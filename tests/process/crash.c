// SPDX-License-Identifier: Apache-2.0
// A program for tests/runner/debugger.py: waits in functions with names of their own, then crashes as it is told.
#include "fact.h"

#include <pthread.h>
#include <signal.h>

static __attribute__((noinline)) void wait_in_thread(volatile int* over) {
  while (!*over) usleep(100000);
}

static void* other_thread(void* unused) {
  volatile int over = 0;
  wait_in_thread(&over);
  return unused;
}

static __attribute__((noinline)) void crash_here(volatile int* nowhere) {
  *nowhere = 1;
  __asm__ volatile("");
}

static __attribute__((noinline)) void end_by(const char* how) {
  if (strcmp(how, "segv") == 0) crash_here(NULL);
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "fpe") == 0) raise(SIGFPE);
  __asm__ volatile("");
}

int main(int argc, char** argv) {
  pthread_t thread;
  CHECK(argc == 2 && pthread_create(&thread, NULL, other_thread, NULL) == 0);
  cut(0);
  end_by(argv[1]);
  return pass();
}
