// SPDX-License-Identifier: Apache-2.0
// What every live program shares: start and end, checks, the checksum and the cut places.
//
// A live program shows one fact. It ends with a line `PASS <rank> <checksum>` on every rank; the runner compares
// these lines with those of an uninterrupted native run. At a *cut place* the interesting object is alive or the
// interesting operation in flight; without LIVE_CUT_DIR in the environment a cut place does nothing.
//
// The directive line `// live: ranks=2 cuts=all` of a source tells the runner how many ranks to start and what
// each cut place is: `all` (every rank comes to it), `one` (rank 0 comes, the others wait inside MPI) or `late`
// (as `one`, but the checkpoint can only be reached after rank 0 went on, as in a blocking collective). `apps=mpich`: only
// that MPI's header declares what it calls; `mpis=openmpi,alternate`: only over these; `abi`: also built for the standard ABI; `older-abi`: and
// linked with the library's older names; `over-abi`: also over an MPI that is known by the standard ABI alone;
// `restart=--a=b,--c`: options of mana_restart; `launch=…`: of mana_launch;
// `only=restart-openmpi-alternate`: of all cases the suites run this one alone (it takes long).
#ifndef MANA_TESTS_LIVE_H
#define MANA_TESTS_LIVE_H

#include <mpi.h>

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int live_rank, live_size;
static uint64_t live_sum = 1469598103934665603u;

#define LIVE_FUNCTION static inline __attribute__((unused))

LIVE_FUNCTION void live_fail(const char* file, int line, const char* what) {
  fprintf(stderr, "%s:%d: rank %d: not true: %s\n", file, line, live_rank, what);
  fflush(stderr);
  struct timespec nap = {0, 50000000};
  nanosleep(&nap, NULL);  // Hydra drops what it has not yet forwarded when a rank aborts
  MPI_Abort(MPI_COMM_WORLD, 3);
  abort();
}

/// Ends the job with the place and the text of the condition if it does not hold.
#define LIVE_CHECK(condition) \
  do { \
    if (!(condition)) live_fail(__FILE__, __LINE__, #condition); \
  } while (0)

/// Mixes bytes into this rank's checksum (FNV-1a).
LIVE_FUNCTION void live_mix(const void* bytes, size_t length) {
  const unsigned char* p = (const unsigned char*)bytes;
  for (size_t i = 0; i < length; i++) live_sum = (live_sum ^ p[i]) * 1099511628211u;
}

LIVE_FUNCTION void live_mix_int(long long value) { live_mix(&value, sizeof value); }

/// The i-th number of a fixed pseudo-random sequence.
LIVE_FUNCTION uint64_t live_number(uint64_t seed, uint64_t i) {
  uint64_t z = (seed * 0x9e3779b97f4a7c15u) + (i + 1) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

LIVE_FUNCTION void live_fill(void* bytes, size_t length, uint64_t seed) {
  unsigned char* p = (unsigned char*)bytes;
  for (size_t i = 0; i < length; i++) p[i] = (unsigned char)live_number(seed, i);
}

LIVE_FUNCTION int live_has_fill(const void* bytes, size_t length, uint64_t seed) {
  const unsigned char* p = (const unsigned char*)bytes;
  for (size_t i = 0; i < length; i++)
    if (p[i] != (unsigned char)live_number(seed, i)) return 0;
  return 1;
}

/// After MPI is initialised: learns rank and size, and checks the number of ranks (a wrong launcher starts singletons).
LIVE_FUNCTION void live_begin(int at_least) {
  MPI_Comm_rank(MPI_COMM_WORLD, &live_rank);
  MPI_Comm_size(MPI_COMM_WORLD, &live_size);
  LIVE_CHECK(live_size >= at_least);
}

LIVE_FUNCTION void live_start(int* argc, char*** argv, int at_least) {
  MPI_Init(argc, argv);
  live_begin(at_least);
}

LIVE_FUNCTION void live_pass(void) {
  printf("PASS %d %016llx\n", live_rank, (unsigned long long)live_sum);
  fflush(stdout);
}

LIVE_FUNCTION int live_end(void) {
  live_pass();
  MPI_Finalize();
  return 0;
}

static volatile double live_work_result;

/// One step of waiting outside MPI: a little arithmetic and a short sleep. Returns the seconds it took.
LIVE_FUNCTION double live_work(void) {
  struct timespec before, after, nap = {0, 1000000};
  clock_gettime(CLOCK_MONOTONIC, &before);
  double x = 1.0;
  for (int i = 0; i < 20000; i++) x = x * 1.0000001 + 1e-9;
  live_work_result = x;
  nanosleep(&nap, NULL);
  clock_gettime(CLOCK_MONOTONIC, &after);
  double seconds = (double)(after.tv_sec - before.tv_sec) + 1e-9 * (double)(after.tv_nsec - before.tv_nsec);
  return seconds < 0 || seconds > 0.1 ? 0.1 : seconds;  // a restart in between does not use up the limit
}

LIVE_FUNCTION int live_exists(const char* path) { return access(path, F_OK) == 0; }

/// Waits at cut place k, not in MPI: says with a file that this rank is here (again, if a restart took the file
/// away) and goes on when the runner has made the file go.<k>.
static __attribute__((unused, noinline)) void live_cut(int k) {
  const char* directory = getenv("LIVE_CUT_DIR");
  if (!directory) return;
  char at[4096], go[4096];
  snprintf(at, sizeof at, "%s/at.%d.%d", directory, k, live_rank);
  snprintf(go, sizeof go, "%s/go.%d", directory, k);
  for (double waited = 0; !live_exists(go); waited += live_work()) {
    LIVE_CHECK(waited < 60);
    if (live_exists(at)) continue;
    int fd = open(at, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    LIVE_CHECK(fd >= 0);
    close(fd);
  }
}

/// Cut place of rank 0 alone; the others are on their way into an MPI call that waits for it.
LIVE_FUNCTION void live_cut_one(int k) {
  if (live_rank == 0) live_cut(k);
}

#endif
