// SPDX-License-Identifier: Apache-2.0
// Shows: ps, top and pgrep show the program by its own name and arguments.
// process: cuts=1
// state: Process | its name and arguments as ps and /proc/PID show them, also when the program overwrites them (setproctitle) | kept
#include "fact.h"

#include <sys/prctl.h>

static void check_arguments(const char* first, const char* name) {
  char found[4096] = "", thread[16] = "";
  int fd = open("/proc/self/cmdline", O_RDONLY);
  CHECK(fd >= 0 && read(fd, found, sizeof found - 1) == (ssize_t)strlen(first) + 1 && strcmp(found, first) == 0);
  close(fd);
  CHECK(prctl(PR_GET_NAME, thread) == 0 && strcmp(thread, name) == 0);
  fd = open("/proc/self/comm", O_RDONLY);
  CHECK(fd >= 0 && read(fd, found, sizeof found) == (ssize_t)strlen(name) + 1 && memcmp(found, name, strlen(name)) == 0);
  close(fd);
}

int main(int argc, char** argv) {
  CHECK(argc == 1);
  check_arguments(argv[0], "title");
  memset(argv[0], 'x', strlen(argv[0]));
  CHECK(prctl(PR_SET_NAME, "a title") == 0);
  cut(0);
  CHECK(argv[0][0] == 'x');
  check_arguments(argv[0], "a title");
  return pass();
}
