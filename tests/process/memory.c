// SPDX-License-Identifier: Apache-2.0
// Shows: sbrk, mremap, fixed places, guards, reservations, private file mappings, a stack that grew.
// process: cuts=1
// state: Memory | brk and sbrk, mremap, MAP_FIXED, MAP_NORESERVE, PROT_NONE guards, modified private file mappings, grown stacks | kept
#include "fact.h"

#include <sys/mman.h>

static int grow(int depth) {
  volatile char room[2048];
  room[0] = (char)depth;
  int below = 0;
  if (depth > 0) below = grow(depth - 1);
  else cut(0);
  return below + (room[0] == (char)depth);
}

int main(void) {
  char* low = sbrk(10000);
  CHECK(low != (char*)-1);
  memset(low, 7, 10000);
  char* huge = mmap(NULL, 1L << 36, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  char* guard = mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(huge != MAP_FAILED && guard != MAP_FAILED);
  huge[(1L << 36) - 1] = 5;
  char* inside = mmap(guard + 65536, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  CHECK(inside == guard + 65536);
  inside[0] = 9;
  char* moved = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  moved[10] = 3;
  moved = mremap(moved, 4096, 1 << 20, MREMAP_MAYMOVE);
  CHECK(moved != MAP_FAILED);
  moved[1 << 19] = 4;
  int fd = open("/proc/self/exe", O_RDONLY);
  unsigned char* file = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(file != MAP_FAILED);
  close(fd);
  file[100] = 77;
  mlock(inside, 4096);
  CHECK(grow(2500) == 2501);
  CHECK(low[9999] == 7 && sbrk(0) == low + 10000 && huge[(1L << 36) - 1] == 5 && huge[123456789] == 0);
  CHECK(inside[0] == 9 && moved[10] == 3 && moved[1 << 19] == 4 && file[1] == 'E' && file[100] == 77);
  moved = mremap(moved, 1 << 20, 4 << 20, MREMAP_MAYMOVE);
  CHECK(moved != MAP_FAILED && moved[10] == 3 && sbrk(4096) == low + 10000);
  return pass();
}
