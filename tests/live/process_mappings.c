// SPDX-License-Identifier: Apache-2.0
// Shows: read-only, unreadable and file-backed private mappings come back with their protection.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

static sigjmp_buf jump;
static void on_fault(int number) { siglongjmp(jump, number); }

static int faults(volatile char* place, int write) {
  if (sigsetjmp(jump, 1)) return 1;
  if (write) *place = 1;
  else (void)*place;
  return 0;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  signal(SIGSEGV, on_fault);
  char name[64];
  snprintf(name, sizeof name, "mapped.%d", live_rank);
  int fd = open(name, O_CREAT | O_RDWR | O_TRUNC, 0644);
  char bytes[8192];
  live_fill(bytes, sizeof bytes, 6);
  LIVE_CHECK(write(fd, bytes, sizeof bytes) == sizeof bytes);
  char* file = (char*)mmap(NULL, sizeof bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  close(fd);
  char* map = (char*)mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  LIVE_CHECK(file != MAP_FAILED && map != MAP_FAILED);
  file[5000] = 99;
  live_fill(map, 3 * 4096, 9);
  mprotect(map, 4096, PROT_READ);
  mprotect(map + 4096, 4096, PROT_NONE);
  live_cut(0);
  LIVE_CHECK(live_has_fill(file, 4096, 6) && file[5000] == 99 && file[5001] == bytes[5001]);
  LIVE_CHECK(!faults(map, 0) && faults(map, 1));
  LIVE_CHECK(faults(map + 4096, 0));
  LIVE_CHECK(!faults(map + 8192, 1));
  mprotect(map, 3 * 4096, PROT_READ | PROT_WRITE);
  map[8192] = (char)live_number(9, 8192);
  LIVE_CHECK(live_has_fill(map, 3 * 4096, 9));
  return live_end();
}
