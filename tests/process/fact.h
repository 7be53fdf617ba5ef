// SPDX-License-Identifier: Apache-2.0
// For programs without MPI: checks, cut places, and a time that the test can measure.
//
// The runner reads these lines of each program:
//   // process: cuts=1 [packages=a,b] [options=--x] [preload=lib.so]   number of cut places; Debian packages it needs;
//                                          options of mana_launch; the user's LD_PRELOAD.
//                                          as=nobody|user-namespace|filtered|container: confined so; as=inheriting: with a file open at 9. Several such lines: run once for each
//                                          level=2: the most that its images may ask of a processor (x86-64-v2)
//                                          terminal=yes: run on a terminal of its own of 24 by 80, restarted on one of 40 by 100, where
//                                          "typed" is typed after the last cut; says=a,b|c: words that stderr must have after a checkpoint
//                                          refuses=word: every checkpoint is refused, with that word, and the program goes on
//                                          huge_pages=2: as many are reserved for it where the runner may do that (root)
//   // state: Topic | what | kept            one row of docs/process-state.md; `altered: how` where it comes back otherwise
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHECK(what)                                                                                          \
  do {                                                                                                       \
    if (!(what)) {                                                                                           \
      fprintf(stderr, "%s:%d: failed: %s (errno %d %s)\n", __FILE__, __LINE__, #what, errno, strerror(errno)); \
      exit(1);                                                                                               \
    }                                                                                                        \
  } while (0)

static __attribute__((unused)) double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/// Tells the runner that cut place `k` is reached and waits until it lets the program go on; without a runner it does nothing.
static __attribute__((unused, noinline)) void cut(int k) {
  const char* directory = getenv("CUT_DIR");
  if (!directory) return;
  char at[4096], go[4096];
  snprintf(at, sizeof at, "%s/at.%d", directory, k);
  snprintf(go, sizeof go, "%s/go.%d", directory, k);
  while (access(go, F_OK) != 0) {
    if (access(at, F_OK) != 0) close(open(at, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    usleep(5000);
  }
}

/// This machine can't show the fact.
static __attribute__((unused, noreturn)) void cannot(const char* why) {
  fprintf(stderr, "%s\n", why);
  exit(77);
}

static __attribute__((unused)) int pass(void) {
  puts("PASS");
  return 0;
}
