// SPDX-License-Identifier: Apache-2.0
// Shows: with --portable the program's libc chooses nothing beyond x86-64-v2, and the image asks for no more.
// process: cuts=1 options=--portable level=2
// state: Portability | --portable: what libc chooses by the processor (string functions, hwcaps directories) | limited to x86-64-v2; the image asks for no more
#include "fact.h"

/// The one of libc's copies that it has chosen for this processor.
static const void* chosen_memcpy(void) {
  void* (*volatile function)(void*, const void*, size_t) = memcpy;
  return (const void*)function;
}

int main(void) {
  const void* before = chosen_memcpy();
  const char* tunables = getenv("GLIBC_TUNABLES");
  CHECK(tunables == NULL || strstr(tunables, "hwcaps") == NULL);
  cut(0);
  char from[300], to[300];
  for (unsigned i = 0; i < sizeof from; ++i) from[i] = (char)i;
  memcpy(to, from, sizeof to);
  CHECK(before == chosen_memcpy() && memcmp(to, from, sizeof to) == 0);
  return pass();
}
