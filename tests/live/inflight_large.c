// SPDX-License-Identifier: Apache-2.0
// Shows: 1 MiB messages (rendezvous) whose receive has not started at the cut arrive after it.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { bytes = 1 << 20 };
  char *out = (char*)malloc(bytes), *in = (char*)calloc(1, bytes);
  int peer = live_rank ^ 1;
  live_fill(out, bytes, 3 + (uint64_t)live_rank);
  MPI_Request request;
  MPI_Isend(out, bytes, MPI_BYTE, peer, 2, MPI_COMM_WORLD, &request);
  live_cut(0);
  MPI_Recv(in, bytes, MPI_BYTE, peer, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  LIVE_CHECK(live_has_fill(in, bytes, 3 + (uint64_t)peer));
  live_mix(in, bytes);
  free(in);
  free(out);
  return live_end();
}
