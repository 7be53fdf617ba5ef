// SPDX-License-Identifier: Apache-2.0
// Shows: a pair of pseudo-terminals: modes, size, number, what is in flight both ways; one whose slave a child had.
// process: cuts=1
// state: Descriptors | pseudo-terminals with both ends in the process: modes, size, data in flight, number (if nobody has it) | kept
// state: Descriptors | the master of a pseudo-terminal whose other end a child had (forkpty) | altered: reads as hung up, as its child is gone
#include "fact.h"

#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

static int talking[2];
static char heard[16];

/// A thread that waits in read() on a terminal.
static void* listen(void* unused) {
  (void)unused;
  CHECK(read(talking[1], heard, sizeof heard) == 6);
  return NULL;
}

static pid_t child;
static int child_on_terminal(void) {
  int master;
  char sign;
  if ((child = forkpty(&master, NULL, NULL, NULL)) == 0) {
    signal(SIGHUP, SIG_DFL);  // nohup leaves it ignored
    CHECK(write(1, "!", 1) == 1);
    pause();
    _exit(0);
  }
  CHECK(read(master, &sign, 1) == 1);  // it is in its own session: it ends with the terminal
  return master;
}

int main(void) {
  int master, slave, line[2];
  int of_child = child_on_terminal();  // it has none of the others
  char name[64], found[64];
  struct winsize size = {31, 77, 5, 6};
  CHECK(openpty(&master, &slave, name, NULL, &size) == 0 && openpty(&line[0], &line[1], NULL, NULL, NULL) == 0);
  CHECK(openpty(&talking[0], &talking[1], NULL, NULL, NULL) == 0);
  struct termios mode;
  CHECK(tcgetattr(slave, &mode) == 0);
  cfmakeraw(&mode);
  mode.c_cc[VMIN] = 3;
  CHECK(tcsetattr(slave, TCSANOW, &mode) == 0);
  fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK);
  CHECK(write(master, "to\rslave\003", 9) == 9 && write(slave, "to\nmaster", 9) == 9);
  CHECK(write(line[0], "one\ntwo\nthr", 11) == 11);  // echoed; the last line has no end yet
  pthread_t listener;
  pthread_create(&listener, NULL, listen, NULL);
  usleep(20000);
  cut(0);
  CHECK(isatty(slave) && strcmp(ttyname(slave), name) == 0 && strcmp(ptsname(master), name) == 0);
  struct winsize now;
  struct termios mode_now;
  CHECK(ioctl(slave, TIOCGWINSZ, &now) == 0 && memcmp(&now, &size, sizeof now) == 0);
  CHECK(tcgetattr(slave, &mode_now) == 0 && mode_now.c_lflag == mode.c_lflag && mode_now.c_iflag == mode.c_iflag && mode_now.c_cc[VMIN] == 3);
  CHECK(read(slave, found, sizeof found) == 9 && memcmp(found, "to\rslave\003", 9) == 0);
  CHECK(read(master, found, sizeof found) == 9 && memcmp(found, "to\nmaster", 9) == 0);
  CHECK(read(master, found, sizeof found) == -1 && errno == EAGAIN);
  CHECK(read(line[1], found, sizeof found) == 4 && memcmp(found, "one\n", 4) == 0);
  CHECK(read(line[1], found, sizeof found) == 4 && memcmp(found, "two\n", 4) == 0);
  CHECK(write(line[0], "ee\n", 3) == 3);
  CHECK(read(line[1], found, sizeof found) == 6 && memcmp(found, "three\n", 6) == 0);
  usleep(20000);
  CHECK(read(line[0], found, sizeof found) == 17 && memcmp(found, "one\r\ntwo\r\nthree\r\n", 17) == 0);
  CHECK(write(talking[0], "hello\n", 6) == 6);
  pthread_join(listener, NULL);
  CHECK(memcmp(heard, "hello\n", 6) == 0);
  int status;
  if (waitpid(child, &status, WNOHANG) == 0) CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child);
  struct pollfd look = {of_child, POLLIN, 0};
  CHECK(poll(&look, 1, 0) == 1 && (look.revents & POLLHUP) && read(of_child, found, 1) == -1 && errno == EIO);
  return pass();
}
