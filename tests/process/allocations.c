// SPDX-License-Identifier: Apache-2.0
// Shows: threads that allocate and free all the time, with the allocator that the user has preloaded.
// process: cuts=1
// process: cuts=1 packages=libjemalloc2 preload=libjemalloc.so.2
// process: cuts=1 packages=libtcmalloc-minimal4 preload=libtcmalloc_minimal.so.4
// process: cuts=1 packages=libmimalloc2.0 preload=libmimalloc.so.2
// state: Memory | glibc's malloc, and jemalloc, tcmalloc, mimalloc by the user's LD_PRELOAD, in threads that allocate at the checkpoint | kept
#include "fact.h"

#include <pthread.h>

enum { blocks = 2000, threads = 3 };
static volatile int ending;

static void* churn(void* argument) {
  unsigned seed = (unsigned)(long)argument;
  unsigned char** block = calloc(blocks, sizeof *block);
  size_t* size = calloc(blocks, sizeof *size);
  while (!ending) {
    unsigned k = (unsigned)rand_r(&seed) % blocks;
    if (block[k]) CHECK(block[k][0] == k % 251 && block[k][size[k] - 1] == k % 251);
    free(block[k]);
    size[k] = (unsigned)rand_r(&seed) % 1000 == 0 ? 3 << 20 : 1 + (unsigned)rand_r(&seed) % 5000;
    block[k] = malloc(size[k]);
    CHECK(block[k] != NULL);
    block[k][0] = block[k][size[k] - 1] = k % 251;
  }
  for (unsigned k = 0; k < blocks; ++k) free(block[k]);
  free(block);
  free(size);
  return NULL;
}

int main(void) {
  pthread_t thread[threads];
  for (long i = 0; i < threads; ++i) CHECK(pthread_create(&thread[i], NULL, churn, (void*)(i + 1)) == 0);
  usleep(50000);
  cut(0);
  usleep(50000);
  ending = 1;
  for (int i = 0; i < threads; ++i) pthread_join(thread[i], NULL);
  return pass();
}
