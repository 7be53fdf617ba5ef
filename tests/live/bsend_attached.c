// SPDX-License-Identifier: Apache-2.0
// Shows: an attached buffer and the buffered messages in it survive; detach gives the same buffer back.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { count = 1000, messages = 5 };
  int size = messages * (count * (int)sizeof(int) + MPI_BSEND_OVERHEAD), values[count], peer = live_rank ^ 1;
  void* buffer = malloc((size_t)size);
  MPI_Buffer_attach(buffer, size);
  for (int m = 0; m < messages; m++) {
    for (int i = 0; i < count; i++) values[i] = m * count + i + live_rank;
    MPI_Bsend(values, count, MPI_INT, peer, m, MPI_COMM_WORLD);
  }
  live_cut(0);
  for (int m = messages - 1; m >= 0; m--) {
    MPI_Recv(values, count, MPI_INT, peer, m, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    LIVE_CHECK(values[count - 1] == m * count + count - 1 + peer);
    live_mix(values, sizeof values);
  }
  MPI_Barrier(MPI_COMM_WORLD);  // the buffer holds five messages: a sixth has room only when the peer has received the first
  MPI_Bsend(values, count, MPI_INT, peer, 50, MPI_COMM_WORLD);
  MPI_Recv(values, count, MPI_INT, peer, 50, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  live_mix(values, sizeof values);
  void* detached = NULL;
  int detached_size = 0;
  MPI_Buffer_detach(&detached, &detached_size);
  LIVE_CHECK(detached == buffer && detached_size == size);
  free(buffer);
  return live_end();
}
