// SPDX-License-Identifier: Apache-2.0
// Shows: Isend, Issend, Ibsend and Irsend started before the cut complete after it.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { bytes = 2000, modes = 4 };
  char out[modes][bytes], in[modes][bytes];
  MPI_Request sends[modes], ready;
  int peer = live_rank ^ 1, size = 2 * (bytes + MPI_BSEND_OVERHEAD);
  void* buffer = malloc((size_t)size);
  MPI_Buffer_attach(buffer, size);
  for (int m = 0; m < modes; m++) live_fill(out[m], bytes, (uint64_t)(m + 10 * live_rank));
  MPI_Irecv(in[3], bytes, MPI_BYTE, peer, 3, MPI_COMM_WORLD, &ready);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Isend(out[0], bytes, MPI_BYTE, peer, 0, MPI_COMM_WORLD, &sends[0]);
  MPI_Issend(out[1], bytes, MPI_BYTE, peer, 1, MPI_COMM_WORLD, &sends[1]);
  MPI_Ibsend(out[2], bytes, MPI_BYTE, peer, 2, MPI_COMM_WORLD, &sends[2]);
  MPI_Irsend(out[3], bytes, MPI_BYTE, peer, 3, MPI_COMM_WORLD, &sends[3]);
  live_cut(0);
  for (int m = 0; m < 3; m++) MPI_Recv(in[m], bytes, MPI_BYTE, peer, m, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Wait(&ready, MPI_STATUS_IGNORE);
  MPI_Waitall(modes, sends, MPI_STATUSES_IGNORE);
  for (int m = 0; m < modes; m++) {
    LIVE_CHECK(sends[m] == MPI_REQUEST_NULL && live_has_fill(in[m], bytes, (uint64_t)(m + 10 * peer)));
    live_mix(in[m], bytes);
  }
  MPI_Buffer_detach(&buffer, &size);
  free(buffer);
  return live_end();
}
