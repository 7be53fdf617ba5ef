// SPDX-License-Identifier: Apache-2.0
// Shared by the benchmarks: pinning, the clock and the line that compare.py reads.
//
// Every benchmark prints on rank 0 lines `BENCH <name> <value> <unit>`. The clock is read directly, not through MPI.
#ifndef MANA_BENCHMARKS_BENCH_H
#define MANA_BENCHMARKS_BENCH_H

#include <mpi.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int bench_rank, bench_size;

static inline double bench_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/// Rank r runs on the r-th CPU of the machine; more ranks than CPUs start again at the first.
static inline void bench_pin(int rank) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((size_t)(rank % (int)sysconf(_SC_NPROCESSORS_ONLN)), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) perror("bench: sched_setaffinity");
}

static inline void bench_start(int* argc, char*** argv, int ranks) {
  MPI_Init(argc, argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &bench_rank);
  MPI_Comm_size(MPI_COMM_WORLD, &bench_size);
  if (bench_size < ranks) {
    fprintf(stderr, "bench: needs %d ranks, has %d\n", ranks, bench_size);
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  bench_pin(bench_rank);
}

static inline void bench_print(const char* name, double value, const char* unit) {
  if (bench_rank == 0) printf("BENCH %s %.6f %s\n", name, value, unit);
  if (bench_rank == 0) fflush(stdout);
}

/// Replaces DIRECTORY/NAME.<rank> by one line, the steps done so far and a value. Written beside and renamed: the reader sees a whole line.
static inline void bench_report(const char* directory, const char* name, long steps, double value) {
  char path[4096], fresh[4096 + 8];
  snprintf(path, sizeof path, "%s/%s.%d", directory, name, bench_rank);
  snprintf(fresh, sizeof fresh, "%s.new", path);
  FILE* file = fopen(fresh, "w");
  if (file == NULL) return;
  fprintf(file, "%ld %.6f\n", steps, value);
  fclose(file);
  rename(fresh, path);
}

static inline int bench_compare(const void* a, const void* b) {
  double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

static inline double bench_median(double* values, int count) {
  qsort(values, (size_t)count, sizeof *values, bench_compare);
  return values[count / 2];
}

/// Prints the median over `batches` batches of the nanoseconds that one of `turns` executions of the statement takes.
#define BENCH_NANOSECONDS(name, batches, turns, statement) \
  do { \
    double bench_batch[batches]; \
    for (int bench_b = -1; bench_b < (batches); bench_b++) { \
      double bench_t = bench_seconds(); \
      for (int turn = 0; turn < (turns); turn++) { statement; } \
      if (bench_b >= 0) bench_batch[bench_b] = 1e9 * (bench_seconds() - bench_t) / (turns); \
    } \
    bench_print(name, bench_median(bench_batch, batches), "ns"); \
  } while (0)

#endif
