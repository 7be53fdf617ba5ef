// SPDX-License-Identifier: Apache-2.0
//     iterations COUNT MILLISECONDS
// Iterations that compute (outside of MPI, each rank a different share of the time) and then talk: a message around the ring and a sum.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char** argv) {
  int rank, size;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  int count = argc > 1 ? atoi(argv[1]) : 10;
  double seconds = (argc > 2 ? atof(argv[2]) : 200) * 1e-3;
  long total = 0;
  for (int i = 0; i < count; i++) {
    double end = now() + seconds * (1 + (i + rank) % 2) / 2;
    while (now() < end) total += 0;
    long mine = (long)i * (rank + 1), sum = 0, from = 0;
    MPI_Sendrecv(&mine, 1, MPI_LONG, (rank + 1) % size, 1, &from, 1, MPI_LONG, (rank + size - 1) % size, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Allreduce(&from, &sum, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
    total = total * 3 + sum + from;
  }
  printf("PASS %d %ld\n", rank, total);
  fflush(stdout);
  MPI_Finalize();
  return 0;
}
