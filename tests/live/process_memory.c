// SPDX-License-Identifier: Apache-2.0
// Shows: heap, sbrk, globals, stack and private mappings keep place and contents.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <sys/mman.h>

static char global[100000] = {1};
static const char* pointer_to_stack;

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  char stack[5000], *small[500], *large = (char*)malloc(3000000), *top = (char*)sbrk(20000);
  LIVE_CHECK(top != (void*)-1 && large);
  char* map = (char*)mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  LIVE_CHECK(map != MAP_FAILED);
  live_fill(global, sizeof global, 1);
  live_fill(stack, sizeof stack, 2);
  live_fill(large, 3000000, 3);
  live_fill(top, 20000, 4);
  live_fill(map, 1 << 20, 5);
  for (int i = 0; i < 500; i++) live_fill(small[i] = (char*)malloc((size_t)i + 1), (size_t)i + 1, (uint64_t)i);
  for (int i = 0; i < 500; i += 2) free(small[i]);
  LIVE_CHECK(mprotect(map, 4096, PROT_READ) == 0);
  pointer_to_stack = stack;
  live_cut(0);
  LIVE_CHECK(live_has_fill(global, sizeof global, 1) && live_has_fill(pointer_to_stack, sizeof stack, 2));
  LIVE_CHECK(live_has_fill(large, 3000000, 3) && live_has_fill(top, 20000, 4) && live_has_fill(map, 1 << 20, 5));
  for (int i = 1; i < 500; i += 2) LIVE_CHECK(live_has_fill(small[i], (size_t)i + 1, (uint64_t)i));
  for (int i = 1; i < 500; i += 2) free(small[i]);
  char* next = (char*)sbrk(100000);
  LIVE_CHECK(next != (void*)-1);
  memset(next, 7, 100000);
  large = (char*)realloc(large, 9000000);
  LIVE_CHECK(live_has_fill(large, 3000000, 3));
  memset(large, 8, 9000000);
  free(large);
  LIVE_CHECK(munmap(map, 1 << 20) == 0);
  return live_end();
}
