// SPDX-License-Identifier: Apache-2.0
// Shows: children by fork, fork and exec, posix_spawn, system, popen run as natively, also after a restart; a forked child has threads.
// process: cuts=1
// state: Children | fork (also with threads in the child), exec, posix_spawn, system, popen before and after | kept: they run outside of the window
// state: Children | a child that is alive at the checkpoint | not kept, its name is said: after a restart it reads as killed (SIGKILL, with SIGCHLD), its pipes as ended
#include "fact.h"

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

static void* add_one(void* argument) {
  ++*(int*)argument;
  return NULL;
}

static int child_with_threads(void) {
  pid_t child = fork();
  if (child == 0) {
    int sum = 40;
    pthread_t thread;
    for (int i = 0; i < 2; ++i) {
      if (pthread_create(&thread, NULL, add_one, &sum) != 0) _exit(1);
      pthread_join(thread, NULL);
    }
    exit(sum);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status);
}

static void family(int kept) {
  char found[32] = "";
  FILE* stream = popen("echo from a shell", "r");
  CHECK(stream != NULL && fgets(found, sizeof found, stream) != NULL && strcmp(found, "from a shell\n") == 0 && pclose(stream) == 0);
  CHECK(WEXITSTATUS(system("exit 7")) == 7 && child_with_threads() == 42);
  pid_t child;
  char* words[] = {"sh", "-c", "exit 9", NULL};
  extern char** environ;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addclose(&actions, kept);
  int status;
  CHECK(posix_spawn(&child, "/bin/sh", &actions, NULL, words, environ) == 0 && waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 9);
  child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", "test -z \"$LD_PRELOAD\" && exit 5", (char*)NULL);
    _exit(1);
  }
  CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 5);
}

int main(void) {
  int kept = open("/proc/self/exe", O_RDONLY);
  char byte[4];
  CHECK(read(kept, byte, 2) == 2);
  family(kept);
  int ends[2], status = 0;
  CHECK(pipe(ends) == 0);
  pid_t alive = fork();
  if (alive == 0) {
    close(ends[1]);
    _exit(read(ends[0], byte, 1) == 0 ? 3 : 4);
  }
  close(ends[0]);
  cut(0);
  close(ends[1]);
  CHECK(waitpid(alive, &status, 0) == alive);
  CHECK(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 3);
  CHECK(waitpid(alive, &status, 0) == -1 && errno == ECHILD);
  CHECK(read(kept, byte, 2) == 2 && byte[0] == 'L' && byte[1] == 'F');
  family(kept);
  return pass();
}
