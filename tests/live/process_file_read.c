// SPDX-License-Identifier: Apache-2.0
// Shows: open files keep their read positions, through descriptors and through stdio.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  char name[64], bytes[1000], more[1000];
  snprintf(name, sizeof name, "read.%d", live_rank);
  FILE* out = fopen(name, "w");
  for (int i = 0; i < 2000; i++) fprintf(out, "number %d\n", i);
  fclose(out);
  int fd = open(name, O_RDONLY), dup_fd = dup(fd);
  LIVE_CHECK(read(fd, bytes, 900) == 900);
  FILE* in = fopen(name, "r");
  int number = -1;
  for (int i = 0; i < 700; i++) LIVE_CHECK(fscanf(in, "number %d\n", &number) == 1);
  LIVE_CHECK(number == 699);
  live_cut(0);
  for (int i = 700; i < 2000; i++) LIVE_CHECK(fscanf(in, "number %d\n", &number) == 1 && number == i);
  LIVE_CHECK(lseek(fd, 0, SEEK_CUR) == 900 && lseek(dup_fd, 0, SEEK_CUR) == 900);
  LIVE_CHECK(read(dup_fd, more, 100) == 100 && lseek(fd, 0, SEEK_CUR) == 1000);  // one open file, two descriptors
  LIVE_CHECK(pread(fd, bytes, 100, 900) == 100 && memcmp(bytes, more, 100) == 0);
  fclose(in);
  close(fd);
  close(dup_fd);
  live_mix(more, 100);
  return live_end();
}
