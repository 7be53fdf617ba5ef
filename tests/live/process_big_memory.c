// SPDX-License-Identifier: Apache-2.0
// Shows: 256 MiB of a pattern with holes of zero and of untouched pages.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <sys/mman.h>

enum { page = 4096, block = 1 << 20, blocks = 256 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  char* memory = (char*)mmap(NULL, (size_t)block * blocks, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  LIVE_CHECK(memory != MAP_FAILED);
  for (size_t b = 0; b < blocks; b++)
    for (size_t p = 0; p < block; p += page) {
      uint64_t* words = (uint64_t*)(memory + b * block + p);
      if (b % 4 == 3) continue;                                   // never touched
      if (b % 4 == 2) { words[0] = 0; continue; }                 // touched, zero
      for (size_t w = 0; w < page / 8; w++) words[w] = live_number(b, p + w);
    }
  live_cut(0);
  for (size_t b = 0; b < blocks; b++)
    for (size_t p = 0; p < block; p += page) {
      uint64_t* words = (uint64_t*)(memory + b * block + p);
      for (size_t w = 0; w < page / 8; w += 37) LIVE_CHECK(words[w] == (b % 4 > 1 ? 0 : live_number(b, p + w)));
    }
  return live_end();
}
