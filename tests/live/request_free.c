// SPDX-License-Identifier: Apache-2.0
// Shows: a send whose request was freed is delivered after the cut.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  static int out[500], in[500];
  int peer = live_rank ^ 1;
  for (int i = 0; i < 500; i++) out[i] = i * i + live_rank;
  MPI_Request request;
  MPI_Isend(out, 500, MPI_INT, peer, 1, MPI_COMM_WORLD, &request);
  MPI_Request_free(&request);
  LIVE_CHECK(request == MPI_REQUEST_NULL);
  live_cut(0);
  MPI_Recv(in, 500, MPI_INT, peer, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  LIVE_CHECK(in[499] == 499 * 499 + peer);
  MPI_Barrier(MPI_COMM_WORLD);
  live_mix(in, sizeof in);
  return live_end();
}
