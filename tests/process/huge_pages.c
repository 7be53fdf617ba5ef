// SPDX-License-Identifier: Apache-2.0
// Shows: memory of huge pages (MAP_HUGETLB), private and shared, keeps its contents; reserved and guard pages around it stay.
// process: cuts=1 huge_pages=2
// state: Memory | MAP_HUGETLB, private and shared | contents kept, as memory of ordinary pages
#include "fact.h"

#include <sys/mman.h>

int main(void) {
  const size_t bytes = 2 << 20;
  int flags = MAP_ANONYMOUS | MAP_HUGETLB;
  char* own = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_PRIVATE, -1, 0);
  char* shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags | MAP_SHARED, -1, 0);
  if (own == MAP_FAILED || shared == MAP_FAILED) cannot("no huge pages are free (vm.nr_hugepages)");
  for (size_t i = 0; i < bytes; i += 4096) own[i] = (char)(i >> 12), shared[i] = (char)(i >> 11);
  cut(0);
  for (size_t i = 0; i < bytes; i += 4096) CHECK(own[i] == (char)(i >> 12) && shared[i] == (char)(i >> 11) && own[i + 1] == 0);
  own[7] = shared[7] = 1;
  CHECK(munmap(own, bytes) == 0 && munmap(shared, bytes) == 0);
  return pass();
}
