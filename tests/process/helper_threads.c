// SPDX-License-Identifier: Apache-2.0
// Shows: a checkpoint waits for asynchronous I/O of libc and its helper threads; afterwards and after a restart there is more of it.
// process: cuts=1
// state: Threads | helper threads of libc (aio_read, aio_write, getaddrinfo_a) | the checkpoint waits until they are through and idle (up to 3 s), then they make new ones
#include "fact.h"

#include <aio.h>

static void in_background(int file, const char* text, off_t at) {
  char found[32] = "";
  size_t bytes = strlen(text);
  struct aiocb request = {.aio_fildes = file, .aio_buf = (void*)text, .aio_nbytes = bytes, .aio_offset = at};
  const struct aiocb* list[] = {&request};
  CHECK(aio_write(&request) == 0 && aio_suspend(list, 1, NULL) == 0 && aio_return(&request) == (ssize_t)bytes);
  request.aio_buf = found;
  CHECK(aio_read(&request) == 0 && aio_suspend(list, 1, NULL) == 0 && aio_return(&request) == (ssize_t)bytes && strcmp(found, text) == 0);
}

int main(void) {
  int file = open("aio", O_CREAT | O_RDWR, 0600);
  in_background(file, "before", 0);
  char late[] = "in flight";
  struct aiocb request = {.aio_fildes = file, .aio_buf = late, .aio_nbytes = sizeof late, .aio_offset = 100};
  CHECK(aio_write(&request) == 0);
  cut(0);
  const struct aiocb* list[] = {&request};
  while (aio_error(&request) == EINPROGRESS) aio_suspend(list, 1, NULL);
  CHECK(aio_return(&request) == sizeof late);
  in_background(file, "after", 50);
  char found[32];
  CHECK(pread(file, found, 6, 0) == 6 && memcmp(found, "before", 6) == 0 && pread(file, found, sizeof late, 100) == sizeof late && strcmp(found, late) == 0);
  return pass();
}
