// SPDX-License-Identifier: Apache-2.0
// Shows: persistent buffered and ready sends live on; they are started before the cut and again after it.
// live: ranks=2 cuts=all
#include "lib/live.h"

enum { length = 500 };
static int out[2][length], in[2][length];

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int peer = live_rank ^ 1, size = (int)sizeof out + 4 * MPI_BSEND_OVERHEAD, go = 0;
  void *buffer = malloc((size_t)size), *back = NULL;
  MPI_Request sends[2], receives[2];
  MPI_Buffer_attach(buffer, size);
  MPI_Bsend_init(out[0], length, MPI_INT, peer, 1, MPI_COMM_WORLD, &sends[0]);
  MPI_Rsend_init(out[1], length, MPI_INT, peer, 2, MPI_COMM_WORLD, &sends[1]);
  MPI_Recv_init(in[0], length, MPI_INT, peer, 1, MPI_COMM_WORLD, &receives[0]);
  MPI_Recv_init(in[1], length, MPI_INT, peer, 2, MPI_COMM_WORLD, &receives[1]);
  for (int turn = 0; turn < 3; turn++) {
    for (int i = 0; i < length; i++) {
      out[0][i] = i + turn * 10 + live_rank;
      out[1][i] = i + turn * 20 + live_rank;
    }
    MPI_Startall(2, receives);
    MPI_Sendrecv(&turn, 1, MPI_INT, peer, 3, &go, 1, MPI_INT, peer, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Startall(2, sends);
    if (turn == 1) live_cut(0);
    MPI_Waitall(2, sends, MPI_STATUSES_IGNORE);
    MPI_Waitall(2, receives, MPI_STATUSES_IGNORE);
    for (int i = 0; i < length; i++) LIVE_CHECK(in[0][i] == i + turn * 10 + peer && in[1][i] == i + turn * 20 + peer);
    live_mix(in, sizeof in);
  }
  for (int i = 0; i < 2; i++) {
    MPI_Request_free(&sends[i]);
    MPI_Request_free(&receives[i]);
  }
  MPI_Buffer_detach(&back, &size);
  LIVE_CHECK(back == buffer);
  return live_end();
}
