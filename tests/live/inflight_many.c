// SPDX-License-Identifier: Apache-2.0
// Shows: 64 messages with one tag, small and large mixed, keep their order across the cut.
// live: ranks=2 cuts=all
#include "lib/live.h"

static int bytes_of(int message) { return message % 8 == 7 ? 200000 + message : 1 + 37 * message; }

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { messages = 64, most = 300000 };
  char *in = (char*)malloc(most), *out[messages];
  MPI_Request requests[messages];
  int peer = live_rank ^ 1;
  for (int m = 0; m < messages; m++) {
    out[m] = (char*)malloc((size_t)bytes_of(m));
    live_fill(out[m], (size_t)bytes_of(m), (uint64_t)(m + 100 * live_rank));
    MPI_Isend(out[m], bytes_of(m), MPI_BYTE, peer, 6, MPI_COMM_WORLD, &requests[m]);
  }
  live_cut(0);
  for (int m = 0; m < messages; m++) {
    MPI_Status status;
    int count = 0;
    MPI_Recv(in, most, MPI_BYTE, peer, 6, MPI_COMM_WORLD, &status);
    MPI_Get_count(&status, MPI_BYTE, &count);
    LIVE_CHECK(count == bytes_of(m) && live_has_fill(in, (size_t)count, (uint64_t)(m + 100 * peer)));
    live_mix(in, (size_t)count);
  }
  MPI_Waitall(messages, requests, MPI_STATUSES_IGNORE);
  for (int m = 0; m < messages; m++) free(out[m]);
  free(in);
  return live_end();
}
