// SPDX-License-Identifier: Apache-2.0
// Shows: standard output that the program has moved aside and back, as shells do, is the restart's own; also while it is aside.
// process: cuts=2
// state: Descriptors | 0, 1, 2 of the launch under other numbers (a shell's redirections), pipes and files alike | those of the restart
#include "fact.h"

/// The part of a name in front of ".out" or ".err".
static void stem(int descriptor, char* name) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t n = readlink(link, name, 4095);
  CHECK(n > 4);
  name[n - 4] = 0;
}

static int belong_together(int out, int err) {
  char a[4096], b[4096];
  stem(out, a);
  stem(err, b);
  return strcmp(a, b) == 0;
}

int main(void) {
  int file = open("aside", O_CREAT | O_RDWR | O_CLOEXEC, 0600), aside = fcntl(1, F_DUPFD_CLOEXEC, 10);
  CHECK(file >= 0 && aside == 10 && dup2(file, 1) == 1);
  cut(0);
  CHECK(write(1, "to the file", 11) == 11 && lseek(file, 0, SEEK_CUR) == 11 && belong_together(aside, 2));
  CHECK(dup2(aside, 1) == 1 && close(aside) == 0);
  cut(1);
  CHECK(belong_together(1, 2));
  return pass();
}
