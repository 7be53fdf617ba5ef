// SPDX-License-Identifier: Apache-2.0
// Shows: a program on a terminal goes on on the terminal of its restart: modes, /dev/tty, a thread that waits for input, SIGWINCH.
// process: cuts=1 terminal=yes
// state: Descriptors | the controlling terminal: 0, 1, 2, /dev/tty and its path opened by the program | the restart's own terminal, with the program's modes (raw, no echo); SIGWINCH if its size differs
#include "fact.h"

#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>

static volatile sig_atomic_t resized;
static void on_resize(int number) {
  (void)number;
  resized++;
}

static char typed[8];
static void* wait_for_input(void* unused) {
  (void)unused;
  for (int got = 0; got < 5;) {
    ssize_t n = read(0, typed + got, sizeof typed - 1 - (size_t)got);
    CHECK(n > 0 || errno == EINTR);
    if (n > 0) got += (int)n;
  }
  return NULL;
}

static int is_raw(int fd) {
  struct termios mode;
  return tcgetattr(fd, &mode) == 0 && (mode.c_lflag & (ICANON | ECHO | ISIG)) == 0 && (mode.c_oflag & OPOST) == 0;
}

int main(void) {
  CHECK(isatty(0) && isatty(1));
  struct sigaction action = {.sa_handler = on_resize};
  sigaction(SIGWINCH, &action, NULL);
  struct termios mode;
  CHECK(tcgetattr(0, &mode) == 0);
  cfmakeraw(&mode);
  CHECK(tcsetattr(0, TCSADRAIN, &mode) == 0);
  CHECK(write(1, "OUT ready\n", 10) == 10);  // for what is typed
  int tty = open("/dev/tty", O_RDWR | O_CLOEXEC), by_name = open(ttyname(0), O_WRONLY), copy = dup(1);
  CHECK(tty >= 0 && by_name >= 0);
  struct winsize before, now;
  CHECK(ioctl(tty, TIOCGWINSZ, &before) == 0 && before.ws_row == 24 && before.ws_col == 80);
  pthread_t reader;
  pthread_create(&reader, NULL, wait_for_input, NULL);
  usleep(10000);
  cut(0);
  CHECK(isatty(0) && isatty(1) && isatty(tty) && isatty(by_name) && isatty(copy) && is_raw(0) && is_raw(tty) && is_raw(copy));
  CHECK(fcntl(tty, F_GETFD) == FD_CLOEXEC && tcgetpgrp(tty) == getpgrp());
  CHECK(ioctl(tty, TIOCGWINSZ, &now) == 0);
  CHECK(resized == (now.ws_row != before.ws_row));
  pthread_join(reader, NULL);
  CHECK(strcmp(typed, "typed") == 0);
  CHECK(write(tty, "OUT tty\n", 8) == 8 && write(by_name, "OUT name\n", 9) == 9 && write(copy, "OUT copy\n", 9) == 9);
  return pass();
}
