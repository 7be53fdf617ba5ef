// SPDX-License-Identifier: Apache-2.0
// Child programs to talk to.
#ifndef MANA_TESTS_COPROCESS_H
#define MANA_TESTS_COPROCESS_H

#include "fact.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

extern char** environ;

/// Starts a program in the process group `group` (0: its own), with a pipe to it and one from it; this process's ends go into `*to` and `*from`.
static inline pid_t coprocess(char* const* words, pid_t group, int* to, int* from) {
  int in[2], out[2];
  CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, group);
  pid_t child;
  CHECK(posix_spawnp(&child, words[0], &actions, &attributes, words, environ) == 0);
  close(in[0]);
  close(out[1]);
  *to = in[1];
  *from = out[0];
  return child;
}

#endif
