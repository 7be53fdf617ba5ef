// SPDX-License-Identifier: Apache-2.0
// Shows: inotify watches go on under their numbers.
// process: cuts=1
// state: Descriptors | inotify: watches with their numbers and masks | kept; events that were not read yet are lost (said)
#include "fact.h"

#include <sys/inotify.h>
#include <sys/stat.h>

static int next_event(int fd, unsigned wanted, char* name) {
  char buffer[4096] __attribute__((aligned(8)));
  for (double start = now_s(); now_s() - start < 5;) {
    ssize_t got = read(fd, buffer, sizeof buffer);
    for (char* at = buffer; got > 0 && at < buffer + got;) {
      struct inotify_event* event = (struct inotify_event*)(void*)at;
      if ((event->mask & wanted) != 0) {
        strcpy(name, event->len ? event->name : "");
        return event->wd;
      }
      at += sizeof *event + event->len;
    }
    usleep(1000);
  }
  return -1;
}

int main(void) {
  int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), same = dup(fd);
  CHECK(fd >= 0 && mkdir("one", 0700) == 0 && mkdir("two", 0700) == 0 && mkdir("three", 0700) == 0);
  int one = inotify_add_watch(fd, "one", IN_CREATE), two = inotify_add_watch(fd, "two", IN_CREATE), three = inotify_add_watch(same, "three", IN_DELETE_SELF);
  CHECK(one > 0 && two > one && three > two && inotify_rm_watch(fd, one) == 0);
  char name[256];
  CHECK(next_event(fd, IN_IGNORED, name) == one);
  cut(0);
  close(open("one/unseen", O_CREAT | O_WRONLY, 0600));
  close(open("two/seen", O_CREAT | O_WRONLY, 0600));
  CHECK(next_event(same, IN_CREATE, name) == two && strcmp(name, "seen") == 0);
  CHECK(rmdir("three") == 0 && next_event(fd, IN_DELETE_SELF, name) == three);
  CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0 && (fcntl(same, F_GETFD) & FD_CLOEXEC) == 0);
  CHECK(inotify_rm_watch(fd, two) == 0 && inotify_add_watch(fd, "one", IN_CREATE) > three);
  return pass();
}
