// SPDX-License-Identifier: Apache-2.0
// Shows: a spawned program talks to the application, through the intercommunicator and a merged communicator; afterwards the
// application can be checkpointed as before.
// live: ranks=2 cuts=all apps=openmpi mpis=openmpi,alternate
#include "lib/live.h"

static int child(MPI_Comm parent) {
  MPI_Comm all;
  int in = 0, rank, sum;
  MPI_Recv(&in, 1, MPI_INT, 0, 3, parent, MPI_STATUS_IGNORE);
  in *= 2;
  MPI_Send(&in, 1, MPI_INT, 0, 4, parent);
  MPI_Intercomm_merge(parent, 1, &all);
  MPI_Comm_rank(all, &rank);
  MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, all);
  MPI_Comm_free(&all);
  MPI_Comm_disconnect(&parent);
  MPI_Finalize();
  return 0;
}

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  MPI_Comm parent, children, all;
  MPI_Comm_get_parent(&parent);
  if (parent != MPI_COMM_NULL) return child(parent);
  live_begin(2);
  char path[4096];
  LIVE_CHECK(realpath(argv[0], path) != NULL);
  int error = -1, out = 21, in = 0, remote = 0, size = 0, sum = 0, rank;
  MPI_Request request;
  MPI_Comm_spawn(path, MPI_ARGV_NULL, 1, MPI_INFO_NULL, 0, MPI_COMM_WORLD, &children, &error);
  MPI_Comm_remote_size(children, &remote);
  LIVE_CHECK(remote == 1 && (live_rank != 0 || error == MPI_SUCCESS));
  if (live_rank == 0) {
    MPI_Irecv(&in, 1, MPI_INT, 0, 4, children, &request);
    MPI_Send(&out, 1, MPI_INT, 0, 3, children);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    LIVE_CHECK(in == 42);
  }
  MPI_Intercomm_merge(children, 0, &all);
  MPI_Comm_size(all, &size);
  MPI_Comm_rank(all, &rank);
  MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, all);
  LIVE_CHECK(size == 3 && sum == 3);
  MPI_Comm_free(&all);
  MPI_Comm_disconnect(&children);
  LIVE_CHECK(children == MPI_COMM_NULL);
  live_cut(0);
  MPI_Bcast(&in, 1, MPI_INT, 0, MPI_COMM_WORLD);
  live_mix_int(in);
  return live_end();
}
