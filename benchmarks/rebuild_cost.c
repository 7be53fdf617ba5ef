// SPDX-License-Identifier: Apache-2.0
// Holds many live MPI objects at a checkpoint, for rebuild_cost.py: `rebuild_cost DIRECTORY COMMUNICATORS TYPES REQUESTS`. Says in a file
// of the directory that it is there (again, when the file has been taken away), and ends when the file `go` is there. Prints how long making
// the objects took.
#include "bench.h"

static int exists(const char* path) { return access(path, F_OK) == 0; }

static void wait_for_go(const char* directory) {
  char ready[4096], go[4096];
  snprintf(ready, sizeof ready, "%s/ready.%d", directory, bench_rank);
  snprintf(go, sizeof go, "%s/go", directory);
  while (!exists(go)) {
    FILE* file = exists(ready) ? NULL : fopen(ready, "w");
    if (file != NULL) fclose(file);
    usleep(500);
  }
}

int main(int argc, char** argv) {
  bench_start(&argc, &argv, 2);
  int comms = atoi(argv[2]), types = atoi(argv[3]), requests = atoi(argv[4]), peer = 1 - bench_rank;
  MPI_Comm* comm = (MPI_Comm*)calloc((size_t)comms + 1, sizeof *comm);
  MPI_Datatype* type = (MPI_Datatype*)calloc((size_t)types + 1, sizeof *type);
  MPI_Request* request = (MPI_Request*)calloc((size_t)requests + 1, sizeof *request);
  int* values = (int*)calloc((size_t)requests + 1, sizeof *values);
  double start = bench_seconds();
  for (int i = 0; i < comms; i++) MPI_Comm_dup(MPI_COMM_WORLD, &comm[i]);
  for (int i = 0; i < types; i++) {
    MPI_Type_vector(3, 2, 4 + i % 50, MPI_INT, &type[i]);
    MPI_Type_commit(&type[i]);
  }
  for (int i = 0; i < requests; i++) MPI_Irecv(&values[i], 1, MPI_INT, peer, i, MPI_COMM_WORLD, &request[i]);
  bench_print("made", bench_seconds() - start, "s");
  wait_for_go(argv[1]);
  for (int i = 0; i < requests; i++) MPI_Send(&i, 1, MPI_INT, peer, i, MPI_COMM_WORLD);
  MPI_Waitall(requests, request, MPI_STATUSES_IGNORE);
  for (int i = 0; i < requests; i++)
    if (values[i] != i) MPI_Abort(MPI_COMM_WORLD, 3);
  for (int i = 0; i < types; i++) MPI_Type_free(&type[i]);
  for (int i = 0; i < comms; i++) MPI_Barrier(comm[i]);
  for (int i = 0; i < comms; i++) MPI_Comm_free(&comm[i]);
  MPI_Finalize();
  return 0;
}
