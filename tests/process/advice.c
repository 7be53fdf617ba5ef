// SPDX-License-Identifier: Apache-2.0
// Shows: locked memory stays locked, and what the program has told the kernel about memory stays told.
// process: cuts=1
// state: Memory | mlock, mlockall (within the limit), madvise: huge pages, no huge pages, not in core dumps, not for children, mergeable, random, sequential | kept
#include "fact.h"

#include <sys/mman.h>

/// The VmFlags of the mapping that begins at `at`.
static const char* flags_at(void* at) {
  static char line[512];
  char wanted[32];
  int within = 0;
  snprintf(wanted, sizeof wanted, "%08lx-", (unsigned long)at);
  FILE* file = fopen("/proc/self/smaps", "r");
  CHECK(file != NULL);
  while (fgets(line, sizeof line, file)) {
    if (strncmp(line, wanted, strlen(wanted)) == 0) within = 1;
    if (within && strncmp(line, "VmFlags:", 8) == 0) {
      fclose(file);
      return line;
    }
  }
  fclose(file);
  return "";
}

static const int advices[] = {MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DONTFORK, MADV_WIPEONFORK, MADV_RANDOM, MADV_SEQUENTIAL};
static const char* const shown[] = {" hg", " nh", " dd", " dc", " wf", " rr", " sr"};
enum { all = sizeof advices / sizeof advices[0] };

int main(void) {
  char* at[all];
  for (int i = 0; i < all; ++i) {
    char* room = mmap(NULL, 6 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    at[i] = room + (2 << 20);  // guards around it: no neighbour is joined with it
    CHECK(room != MAP_FAILED && mprotect(at[i], 2 << 20, PROT_READ | PROT_WRITE) == 0 && madvise(at[i], 2 << 20, advices[i]) == 0);
    at[i][4096] = (char)(i + 1);
  }
  char* room = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(room != MAP_FAILED && mprotect(room + 4096, 4096, PROT_READ | PROT_WRITE) == 0 && mlock(room + 4096, 4096) == 0);
  cut(0);
  for (int i = 0; i < all; ++i) CHECK(at[i][4096] == i + 1 && strstr(flags_at(at[i]), shown[i]) != NULL);
  CHECK(strstr(flags_at(room + 4096), " lo") != NULL && munlock(room + 4096, 4096) == 0);
  return pass();
}
