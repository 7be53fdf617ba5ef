// SPDX-License-Identifier: Apache-2.0
// Shows: with --children follow a program that a rank has started, with pipes to and from it, is restarted with its rank under the other MPI.
// live: ranks=2 cuts=all launch=--children=follow
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/live.h"

extern char** environ;

static pid_t child;
static FILE *to_child, *from_child;

static void start_child(void) {
  char script[] = "n=0; while read -r x; do n=$((n + x)); echo $n; done; exit 7";
  char* words[] = {"bash", "-c", script, NULL};
  int in[2], out[2];
  posix_spawn_file_actions_t actions;
  LIVE_CHECK(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  LIVE_CHECK(posix_spawnp(&child, words[0], &actions, NULL, words, environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  to_child = fdopen(in[1], "w");
  from_child = fdopen(out[0], "r");
}

/// What the child has added up, on all ranks together.
static int sum_of_all(int add) {
  int mine = 0, all = 0;
  LIVE_CHECK(fprintf(to_child, "%d\n", add) > 0 && fflush(to_child) == 0 && fscanf(from_child, "%d", &mine) == 1);
  MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  return all;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  start_child();
  LIVE_CHECK(sum_of_all(live_rank + 1) == 3);
  live_cut(0);
  LIVE_CHECK(sum_of_all(10) == 23);
  int status = 0;
  LIVE_CHECK(fclose(to_child) == 0 && waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
  live_mix_int(WEXITSTATUS(status));
  return live_end();
}
