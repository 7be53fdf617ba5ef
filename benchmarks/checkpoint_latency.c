// SPDX-License-Identifier: Apache-2.0
// A program whose longest gap between two collectives is known: each rank computes for a random time of at most GAP_MS,
// exchanges a message with its neighbours, and takes part in an MPI_Allreduce; for checkpoint_latency.py.
// Usage: checkpoint_latency GAP_MS DIRECTORY; writes DIRECTORY/gap.<rank> (steps, longest gap so far in s) every tenth of a
// second and ends when DIRECTORY/stop is there.
#include "bench.h"

static unsigned long state;

static double random_unit(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (double)(state >> 11) / 9007199254740992.0;
}

static void compute_for(double seconds) {
  double end = bench_seconds() + seconds;
  while (bench_seconds() < end) {
  }
}

static void exchange(long step) {
  int next = (bench_rank + 1) % bench_size, before = (bench_rank + bench_size - 1) % bench_size;
  long in = 0;
  MPI_Request request;
  MPI_Irecv(&in, 1, MPI_LONG, before, 1, MPI_COMM_WORLD, &request);
  MPI_Send(&step, 1, MPI_LONG, next, 1, MPI_COMM_WORLD);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  if (in != step) MPI_Abort(MPI_COMM_WORLD, 3);
}

int main(int argc, char** argv) {
  bench_start(&argc, &argv, 1);
  if (argc < 3) {
    fprintf(stderr, "checkpoint_latency: GAP_MS and a directory\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  double gap_s = atof(argv[1]) / 1000, longest = 0, told = 0;
  char stop[4096];
  snprintf(stop, sizeof stop, "%s/stop", argv[2]);
  state = 88172645463325252UL + 977UL * (unsigned long)bench_rank;
  double left = bench_seconds();
  for (long step = 0;; step++) {
    compute_for(gap_s * random_unit());
    exchange(step);
    int mine = bench_rank == 0 && step % 16 == 0 && access(stop, F_OK) == 0, ends = 0;
    double now = bench_seconds();
    if (now - left > longest && now - left < 4 * gap_s + 0.01) longest = now - left;  // not the checkpoints themselves
    MPI_Allreduce(&mine, &ends, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
    left = bench_seconds();
    if (left - told > 0.1) {
      bench_report(argv[2], "gap", step + 1, longest);
      told = left;
    }
    if (ends) break;
  }
  MPI_Finalize();
  return 0;
}
