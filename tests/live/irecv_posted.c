// SPDX-License-Identifier: Apache-2.0
// Shows: a receive posted before the cut takes a message sent after it.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { bytes = 100000 };
  char *in = (char*)calloc(1, bytes), *out = (char*)malloc(bytes);
  int peer = live_rank ^ 1, count = 0;
  MPI_Request request;
  MPI_Irecv(in, bytes, MPI_BYTE, peer, 3, MPI_COMM_WORLD, &request);
  live_cut(0);
  live_fill(out, bytes, (uint64_t)live_rank);
  MPI_Send(out, bytes - live_rank, MPI_BYTE, peer, 3, MPI_COMM_WORLD);
  MPI_Status status;
  MPI_Wait(&request, &status);
  MPI_Get_count(&status, MPI_BYTE, &count);
  LIVE_CHECK(request == MPI_REQUEST_NULL && status.MPI_SOURCE == peer && status.MPI_TAG == 3);
  LIVE_CHECK(count == bytes - peer && live_has_fill(in, (size_t)count, (uint64_t)peer));
  live_mix(in, bytes);
  free(in);
  free(out);
  return live_end();
}
