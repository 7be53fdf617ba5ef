// SPDX-License-Identifier: Apache-2.0
// Holds memory for checkpoint_size.py: each rank fills MIB MiB with numbers that do not repeat, then counts steps of 2 ms and
// notes the longest pause between two. Usage: checkpoint_size MIB DIRECTORY; writes DIRECTORY/step.<rank> (steps, longest
// pause in s) after each step and ends when DIRECTORY/stop is there.
#include "bench.h"

static void fill(unsigned long* words, size_t count) {
  unsigned long x = 88172645463325252UL + (unsigned long)bench_rank;
  for (size_t i = 0; i < count; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    words[i] = x;
  }
}

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &bench_rank);
  if (argc < 3) {
    fprintf(stderr, "checkpoint_size: MIB and a directory\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  size_t bytes = (size_t)atol(argv[1]) << 20;
  unsigned long* words = (unsigned long*)malloc(bytes);
  fill(words, bytes / sizeof *words);
  char stop[4096];
  snprintf(stop, sizeof stop, "%s/stop", argv[2]);
  double last = bench_seconds(), longest = 0;
  for (long steps = 1;; steps++) {
    MPI_Barrier(MPI_COMM_WORLD);
    usleep(2000);
    double now = bench_seconds();
    if (now - last > longest) longest = now - last;
    last = now;
    bench_report(argv[2], "step", steps, longest);
    int ends = access(stop, F_OK) == 0;
    MPI_Bcast(&ends, 1, MPI_INT, 0, MPI_COMM_WORLD);
    if (ends) break;
  }
  free(words);
  MPI_Finalize();
  return 0;
}
