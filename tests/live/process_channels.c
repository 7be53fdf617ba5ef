// SPDX-License-Identifier: Apache-2.0
// Shows: an MPI program's pipe, socket pair and epoll with data in flight, and a thread that waits for a time.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

static void* wait_half_a_second(void* argument) {
  struct timespec before, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  *(int*)argument = poll(NULL, 0, 500);
  clock_gettime(CLOCK_MONOTONIC, &after);
  double passed = (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) * 1e-9;
  if (passed < 0.49) *(int*)argument = -2;
  return NULL;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int ends[2], pair[2], poller = epoll_create1(0), polled = 99;
  char found[16] = "";
  LIVE_CHECK(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = 7};
  LIVE_CHECK(epoll_ctl(poller, EPOLL_CTL_ADD, pair[1], &event) == 0);
  LIVE_CHECK(write(ends[1], "pipe", 4) == 4 && write(pair[0], "pair", 4) == 4);
  pthread_t waiter;
  pthread_create(&waiter, NULL, wait_half_a_second, &polled);
  live_cut(0);
  pthread_join(waiter, NULL);
  LIVE_CHECK(polled == 0);
  event.data.u32 = 0;
  LIVE_CHECK(epoll_wait(poller, &event, 1, 1000) == 1 && event.data.u32 == 7);
  LIVE_CHECK(read(ends[0], found, 16) == 4 && strcmp(found, "pipe") == 0);
  LIVE_CHECK(read(pair[1], found, 16) == 4 && strcmp(found, "pair") == 0);
  MPI_Barrier(MPI_COMM_WORLD);
  return live_end();
}
