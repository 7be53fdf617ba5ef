// SPDX-License-Identifier: Apache-2.0
// Every rank but 0 comes late to two barriers: it sleeps in the application until a file says go, once for each. Rank 0 meanwhile is inside the
// first barrier, where no checkpoint can be taken, and sleeps in front of the second.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int rank;

static void mark(int stage) {
  char path[4096];
  snprintf(path, sizeof path, "%s/at.%d.%d", getenv("LIVE_CUT_DIR"), stage, rank);
  FILE* file = fopen(path, "w");
  if (file != NULL) fclose(file);
}

static void wait_for_go(int stage) {
  char path[4096];
  snprintf(path, sizeof path, "%s/go.%d", getenv("LIVE_CUT_DIR"), stage);
  while (access(path, F_OK) != 0) usleep(10000);
}

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  mark(0);
  if (rank != 0) wait_for_go(0);
  MPI_Barrier(MPI_COMM_WORLD);
  mark(1);
  wait_for_go(1);
  MPI_Barrier(MPI_COMM_WORLD);
  printf("PASS %d\n", rank);
  MPI_Finalize();
  return 0;
}
