// SPDX-License-Identifier: Apache-2.0
// Shows: files open for writing (position, O_APPEND, O_CREAT, stdio buffers) are continued.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  char plain[64], append[64], stream[64], bytes[256];
  snprintf(plain, sizeof plain, "plain.%d", live_rank);
  snprintf(append, sizeof append, "append.%d", live_rank);
  snprintf(stream, sizeof stream, "stream.%d", live_rank);
  int fd = open(plain, O_CREAT | O_TRUNC | O_RDWR, 0644);
  int log = open(append, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0644);
  FILE* file = fopen(stream, "w");
  LIVE_CHECK(write(fd, "0123456789", 10) == 10 && lseek(fd, 4, SEEK_SET) == 4);
  LIVE_CHECK(write(log, "first ", 6) == 6);
  fprintf(file, "buffered ");
  live_cut(0);
  LIVE_CHECK(write(fd, "xy", 2) == 2 && write(log, "second", 6) == 6);
  LIVE_CHECK(fcntl(log, F_GETFL) & O_APPEND);
  fprintf(file, "and more\n");
  fclose(file);
  LIVE_CHECK(pread(fd, bytes, 20, 0) == 10 && memcmp(bytes, "0123xy6789", 10) == 0);
  close(fd);
  close(log);
  fd = open(append, O_RDONLY);
  LIVE_CHECK(read(fd, bytes, 256) == 12 && memcmp(bytes, "first second", 12) == 0);
  close(fd);
  fd = open(stream, O_RDONLY);
  LIVE_CHECK(read(fd, bytes, 256) == 18 && memcmp(bytes, "buffered and more\n", 18) == 0);
  close(fd);
  return live_end();
}
