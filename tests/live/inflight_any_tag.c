// SPDX-License-Identifier: Apache-2.0
// Shows: a receive with any tag takes the oldest message, one with a tag overtakes only others.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { n = 8 };
  int peer = live_rank ^ 1, value = 0;
  for (int i = 0; i < n; i++) {
    value = 10 * live_rank + i;
    MPI_Send(&value, 1, MPI_INT, peer, i % 3, MPI_COMM_WORLD);
  }
  live_cut(0);
  MPI_Status status;
  const int want_tag[n] = {2, MPI_ANY_TAG, 1, MPI_ANY_TAG, 2, MPI_ANY_TAG, MPI_ANY_TAG, MPI_ANY_TAG};
  const int want_index[n] = {2, 0, 1, 3, 5, 4, 6, 7};
  for (int i = 0; i < n; i++) {
    MPI_Recv(&value, 1, MPI_INT, i % 2 ? MPI_ANY_SOURCE : peer, want_tag[i], MPI_COMM_WORLD, &status);
    LIVE_CHECK(value == 10 * peer + want_index[i] && status.MPI_TAG == want_index[i] % 3);
    live_mix_int(value);
  }
  return live_end();
}
