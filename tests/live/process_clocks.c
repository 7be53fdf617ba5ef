// SPDX-License-Identifier: Apache-2.0
// Shows: clocks and timers of libc go forward after a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <sys/time.h>

static double read_clock(clockid_t which) {
  struct timespec now;
  LIVE_CHECK(clock_gettime(which, &now) == 0);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  double real = read_clock(CLOCK_REALTIME), monotonic = read_clock(CLOCK_MONOTONIC);
  time_t seconds = time(NULL);
  live_cut(0);
  LIVE_CHECK(read_clock(CLOCK_REALTIME) >= real && read_clock(CLOCK_MONOTONIC) >= monotonic);
  LIVE_CHECK(time(NULL) >= seconds);
  struct timeval now;
  LIVE_CHECK(gettimeofday(&now, NULL) == 0 && (double)now.tv_sec >= real - 1);
  double last = 0;
  for (int i = 0; i < 100000; i++) {
    double here = read_clock(CLOCK_MONOTONIC);
    LIVE_CHECK(here >= last);
    last = here;
  }
  LIVE_CHECK(read_clock(CLOCK_PROCESS_CPUTIME_ID) >= 0 && read_clock(CLOCK_THREAD_CPUTIME_ID) >= 0);
  return live_end();
}
