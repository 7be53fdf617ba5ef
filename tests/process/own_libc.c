// SPDX-License-Identifier: Apache-2.0
// Shows: an image brings the program's libc: tests/runner/elsewhere.py runs it with an ld.so and libc of its own, which are gone at the restart.
#include "fact.h"

#include <locale.h>
#include <pthread.h>

static void* format(void* to) {
  snprintf(to, 64, "%.3f %s", 1.25, "text");
  return to;
}

int main(void) {
  char* memory = malloc(1 << 20);
  CHECK(memory != NULL && setlocale(LC_ALL, "") != NULL);
  cut(0);
  pthread_t thread;
  CHECK(access("/tmp/mana-own-libc", F_OK) == -1 || getenv("CUT_DIR") == NULL);
  CHECK(pthread_create(&thread, NULL, format, memory) == 0 && pthread_join(thread, NULL) == 0);
  CHECK(strcmp(memory, "1.250 text") == 0);
  free(memory);
  return pass();
}
