// SPDX-License-Identifier: Apache-2.0
// Shows: a receive whose message arrived before the cut, still not waited for, completes after it.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { bytes = 300 };
  char in[bytes], out[bytes];
  int peer = live_rank ^ 1, count = 0;
  MPI_Request request;
  memset(in, 0, bytes);
  MPI_Irecv(in, bytes, MPI_BYTE, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &request);
  live_fill(out, bytes, 5);
  MPI_Send(out, 200, MPI_BYTE, peer, 77, MPI_COMM_WORLD);
  MPI_Barrier(MPI_COMM_WORLD);
  live_cut(0);
  MPI_Status status;
  MPI_Wait(&request, &status);
  MPI_Get_count(&status, MPI_BYTE, &count);
  LIVE_CHECK(count == 200 && status.MPI_SOURCE == peer && status.MPI_TAG == 77 && live_has_fill(in, 200, 5));
  live_mix(in, bytes);
  return live_end();
}
