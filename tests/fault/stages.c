// SPDX-License-Identifier: Apache-2.0
// A program that comes to a stage before and after MPI_Init and before and after MPI_Finalize. Each rank sleeps at each stage until its file
// go.<stage>.<rank> exists, having said with at.<stage>.<rank> that it is there.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int rank_by_launcher(void) {
  const char* text = getenv("PMI_RANK");
  if (text == NULL) text = getenv("OMPI_COMM_WORLD_RANK");
  return text == NULL ? 0 : atoi(text);
}

static void come_to(int stage, int rank) {
  char path[4096];
  const char* directory = getenv("LIVE_CUT_DIR");
  snprintf(path, sizeof path, "%s/at.%d.%d", directory, stage, rank);
  FILE* file = fopen(path, "w");
  if (file != NULL) fclose(file);
  snprintf(path, sizeof path, "%s/go.%d.%d", directory, stage, rank);
  while (access(path, F_OK) != 0) usleep(10000);
}

int main(int argc, char** argv) {
  int rank = rank_by_launcher(), sum = 0;
  come_to(0, rank);
  MPI_Init(&argc, &argv);
  come_to(1, rank);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  come_to(2, rank);
  MPI_Finalize();
  come_to(3, rank);
  printf("PASS %d %d\n", rank, sum);
  fflush(stdout);
  return 0;
}
