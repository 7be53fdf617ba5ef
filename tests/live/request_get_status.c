// SPDX-License-Identifier: Apache-2.0
// Shows: Request_get_status looks at a request without freeing it, before and after the cut.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int in = 0, out = 90 + live_rank, peer = live_rank ^ 1, flag = 1;
  MPI_Request request;
  MPI_Status status;
  MPI_Irecv(&in, 1, MPI_INT, peer, 4, MPI_COMM_WORLD, &request);
  MPI_Request_get_status(request, &flag, &status);
  LIVE_CHECK(!flag);
  live_cut(0);
  MPI_Request_get_status(request, &flag, &status);
  LIVE_CHECK(!flag);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Send(&out, 1, MPI_INT, peer, 4, MPI_COMM_WORLD);
  do MPI_Request_get_status(request, &flag, &status);
  while (!flag);
  LIVE_CHECK(request != MPI_REQUEST_NULL && status.MPI_TAG == 4 && status.MPI_SOURCE == peer);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  LIVE_CHECK(in == 90 + peer);
  live_mix_int(in);
  return live_end();
}
