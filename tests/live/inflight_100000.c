// SPDX-License-Identifier: Apache-2.0
// Shows: 100,000 messages are on their way at the cut, with as many requests; all arrive in order. (Open MPI alone needs 20 s for them.)
// live: ranks=2 cuts=all apps=mpich mpis=mpich,alternate
#include "lib/live.h"

enum { messages = 50000 };

static long out[2 * messages];
static MPI_Request sends[messages];

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int peer = live_rank ^ 1;
  for (int i = 0; i < messages; i++) {
    out[2 * i] = i, out[2 * i + 1] = 1000000L * live_rank + i;
    MPI_Isend(&out[2 * i], 2, MPI_LONG, peer, 1, MPI_COMM_WORLD, &sends[i]);
  }
  live_cut(0);
  for (int i = 0; i < messages; i++) {
    long got[2];
    MPI_Recv(got, 2, MPI_LONG, peer, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    LIVE_CHECK(got[0] == i && got[1] == 1000000L * peer + i);
    live_mix(got, sizeof got);
  }
  MPI_Waitall(messages, sends, MPI_STATUSES_IGNORE);
  return live_end();
}
