// SPDX-License-Identifier: Apache-2.0
// Shows: small messages sent and not received at the cut arrive after it.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int peer = live_rank ^ 1;
  double out[3] = {1.5, 2.5, live_rank}, in[3];
  for (int tag = 0; tag < 4; tag++) MPI_Send(out, tag % 4, MPI_DOUBLE, peer, tag, MPI_COMM_WORLD);  // eager; tag 0 is empty
  live_cut(0);
  for (int tag = 3; tag >= 0; tag--) {
    MPI_Status status;
    int count = -1;
    memset(in, 0, sizeof in);
    MPI_Recv(in, 3, MPI_DOUBLE, peer, tag, MPI_COMM_WORLD, &status);
    MPI_Get_count(&status, MPI_DOUBLE, &count);
    LIVE_CHECK(count == tag && status.MPI_TAG == tag && (tag < 3 || in[2] == peer));
    live_mix(in, sizeof in);
  }
  return live_end();
}
