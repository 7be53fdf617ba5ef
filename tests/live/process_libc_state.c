// SPDX-License-Identifier: Apache-2.0
// Shows: libc's lazily made state (qsort, strtok, rand, localtime, printf of doubles) goes on after a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

static int compare(const void* a, const void* b) { return *(const int*)a - *(const int*)b; }

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  srand(7);
  srand48(9);
  int numbers[100], first = rand();
  char words[] = "one two three four", text[100];
  LIVE_CHECK(strcmp(strtok(words, " "), "one") == 0);
  for (int i = 0; i < 50; i++) numbers[i] = rand() % 1000;
  live_cut(0);
  for (int i = 50; i < 100; i++) numbers[i] = rand() % 1000;
  LIVE_CHECK(strcmp(strtok(NULL, " "), "two") == 0 && strcmp(strtok(NULL, " "), "three") == 0);
  qsort(numbers, 100, sizeof(int), compare);
  time_t epoch = 86400 * 365;
  LIVE_CHECK(strftime(text, sizeof text, "%Y-%m-%d", gmtime(&epoch)) == 10 && strcmp(text, "1971-01-01") == 0);
  snprintf(text, sizeof text, "%.17g %a", 1.0 / 3, drand48());
  live_mix(text, strlen(text));
  live_mix(numbers, sizeof numbers);
  live_mix_int(first);
  return live_end();
}
