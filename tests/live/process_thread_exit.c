// SPDX-License-Identifier: Apache-2.0
// Shows: threads started and ended before the cut leave nothing behind; new ones start after it.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <pthread.h>

static pthread_key_t key;
static int destroyed;

static void destroy(void* value) { __sync_fetch_and_add(&destroyed, (int)(long)value); }

static void* body(void* number) {
  pthread_setspecific(key, number);
  char* memory = (char*)malloc(10000);
  memset(memory, (int)(long)number, 10000);
  free(memory);
  return number;
}

static long run_threads(void) {
  long sum = 0;
  for (long i = 1; i <= 40; i++) {
    pthread_t thread;
    void* result = NULL;
    LIVE_CHECK(pthread_create(&thread, NULL, body, (void*)i) == 0);
    LIVE_CHECK(pthread_join(thread, &result) == 0);
    sum += (long)result;
  }
  return sum;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  pthread_key_create(&key, destroy);
  LIVE_CHECK(run_threads() == 820);
  live_cut(0);
  LIVE_CHECK(run_threads() == 820 && destroyed == 1640);
  return live_end();
}
