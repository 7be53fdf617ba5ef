// SPDX-License-Identifier: Apache-2.0
// Shows: a rank waits inside Sendrecv while the cut hits.
// live: ranks=2 cuts=one
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { n = 300000 };
  int *out = (int*)malloc(n * sizeof(int)), *in = (int*)calloc(n, sizeof(int)), peer = live_rank ^ 1;
  for (int i = 0; i < n; i++) out[i] = i ^ (live_rank << 20);
  live_cut_one(0);
  MPI_Sendrecv(out, n, MPI_INT, peer, 1, in, n, MPI_INT, peer, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  LIVE_CHECK(in[n - 1] == ((n - 1) ^ (peer << 20)));
  live_mix(in, n * sizeof(int));
  free(in);
  free(out);
  return live_end();
}
