// SPDX-License-Identifier: Apache-2.0
// Shows: eventfd, timerfd, signalfd and an epoll that watches them; duplicates; descriptors that end at exec.
// process: cuts=1
// state: Descriptors | eventfd, timerfd (remaining time, expirations), signalfd, epoll | kept
#include "fact.h"

#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

int main(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  sigprocmask(SIG_BLOCK, &set, NULL);
  int counter = eventfd(41, EFD_NONBLOCK), semaphore = eventfd(2, EFD_SEMAPHORE | EFD_CLOEXEC);
  int signals = signalfd(-1, &set, SFD_NONBLOCK), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), late = timerfd_create(CLOCK_MONOTONIC, 0);
  int poller = epoll_create1(EPOLL_CLOEXEC);
  struct itimerspec soon = {{0, 0}, {0, 1000000}}, in_a_while = {{0, 0}, {1, 0}};
  timerfd_settime(timer, 0, &soon, NULL);
  timerfd_settime(late, 0, &in_a_while, NULL);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x123456789abcdefULL};
  CHECK(epoll_ctl(poller, EPOLL_CTL_ADD, signals, &event) == 0);
  double start = now_s();
  usleep(5000);
  cut(0);
  uint64_t value = 1;
  CHECK(write(counter, &value, 8) == 8 && read(counter, &value, 8) == 8 && value == 42 && read(counter, &value, 8) == -1);
  CHECK(read(semaphore, &value, 8) == 8 && value == 1 && read(semaphore, &value, 8) == 8 && value == 1);
  CHECK(fcntl(semaphore, F_GETFD) == FD_CLOEXEC && fcntl(counter, F_GETFD) == 0);
  CHECK(read(timer, &value, 8) == 8 && value == 1 && read(timer, &value, 8) == -1 && errno == EAGAIN);
  CHECK(read(late, &value, 8) == 8 && value == 1 && now_s() - start > 0.99);
  CHECK(epoll_wait(poller, &event, 1, 0) == 0);
  kill(getpid(), SIGHUP);
  CHECK(epoll_wait(poller, &event, 1, 1000) == 1 && event.data.u64 == 0x123456789abcdefULL);
  struct signalfd_siginfo info;
  CHECK(read(signals, &info, sizeof info) == sizeof info && info.ssi_signo == SIGHUP);
  return pass();
}
