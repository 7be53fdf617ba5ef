// SPDX-License-Identifier: Apache-2.0
// Shows: a pipe stays a pipe: what is in flight, both ends, their flags and duplicates; a reader that waits; a FIFO.
// process: cuts=1
// state: Descriptors | pipes and FIFOs within the process, data in flight, capacity, duplicates, close-on-exec | kept
#include "fact.h"

#include <pthread.h>
#include <sys/stat.h>

static int empty[2];
static int got;

static void* wait_in_read(void* argument) {
  got = (int)read(empty[0], argument, 16);
  return NULL;
}

int main(void) {
  int ends[2], copy, fifo_in, fifo_out;
  char bytes[70000], found[70000], word[16] = "";
  for (unsigned i = 0; i < sizeof bytes; ++i) bytes[i] = (char)(i * 31 >> 3);
  CHECK(pipe2(ends, O_CLOEXEC) == 0 && pipe(empty) == 0 && fcntl(ends[1], F_SETPIPE_SZ, 1 << 17) == 1 << 17);
  CHECK(write(ends[1], bytes, sizeof bytes) == sizeof bytes);
  copy = dup(ends[0]);
  CHECK(mkfifo("fifo", 0600) == 0);
  CHECK((fifo_in = open("fifo", O_RDONLY | O_NONBLOCK)) >= 0 && (fifo_out = open("fifo", O_WRONLY)) >= 0);
  CHECK(write(fifo_out, "through", 7) == 7);
  pthread_t reader;
  pthread_create(&reader, NULL, wait_in_read, word);
  usleep(10000);
  cut(0);
  CHECK(read(ends[0], found, 1000) == 1000 && fcntl(ends[0], F_GETPIPE_SZ) == 1 << 17);
  int flags = fcntl(copy, F_GETFL);
  fcntl(ends[0], F_SETFL, flags | O_NONBLOCK);
  CHECK((fcntl(copy, F_GETFL) & O_NONBLOCK) != 0);  // one open file description
  CHECK(read(copy, found + 1000, sizeof found - 1000) == sizeof bytes - 1000 && memcmp(bytes, found, sizeof bytes) == 0);
  CHECK(read(copy, found, 1) == -1 && errno == EAGAIN);
  CHECK(fcntl(ends[0], F_GETFD) == FD_CLOEXEC && fcntl(copy, F_GETFD) == 0);
  close(ends[1]);
  CHECK(read(copy, found, 1) == 0);
  struct stat facts;
  CHECK(fstat(ends[0], &facts) == 0 && S_ISFIFO(facts.st_mode));
  CHECK(write(empty[1], "wake", 4) == 4);
  pthread_join(reader, NULL);
  CHECK(got == 4 && strncmp(word, "wake", 4) == 0);
  CHECK(read(fifo_in, found, 100) == 7 && memcmp(found, "through", 7) == 0);
  return pass();
}
