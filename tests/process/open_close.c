// SPDX-License-Identifier: Apache-2.0
// Shows: a descriptor that is being opened or closed at the moment of the cut is neither lost nor taken for another one.
// process: cuts=1
// state: Descriptors | one that is being opened or closed at the cut | kept
#include "fact.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

static volatile int done;

static void* open_and_close(void* unused) {
  (void)unused;
  for (long i = 0; !done; i++) {
    struct stat facts;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0 && fstat(fd, &facts) == 0);
    int other = dup(fd);
    CHECK(other >= 0 && fstat(other, &facts) == 0);
    CHECK(close(fd) == 0 && fcntl(other, F_GETFD) == 0 && close(other) == 0);
  }
  return NULL;
}

int main(void) {
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) CHECK(pthread_create(&threads[i], NULL, open_and_close, NULL) == 0);
  cut(0);
  usleep(100000);
  done = 1;
  for (int i = 0; i < 2; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  int fd = open("/dev/null", O_RDONLY);
  CHECK(fd >= 0 && fd < 8 && close(fd) == 0);
  return pass();
}
