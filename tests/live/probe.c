// SPDX-License-Identifier: Apache-2.0
// Shows: a message probed before the cut is received after it; new probes see what is in flight.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int out[20], in[20], peer = live_rank ^ 1, count = 0, flag = 0;
  for (int i = 0; i < 20; i++) out[i] = i + 30 * live_rank;
  MPI_Send(out, 20, MPI_INT, peer, 1, MPI_COMM_WORLD);
  MPI_Send(out, 10, MPI_INT, peer, 2, MPI_COMM_WORLD);
  MPI_Status status;
  MPI_Probe(peer, 1, MPI_COMM_WORLD, &status);
  live_cut(0);
  MPI_Get_count(&status, MPI_INT, &count);
  LIVE_CHECK(count == 20 && status.MPI_SOURCE == peer && status.MPI_TAG == 1);
  MPI_Probe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
  LIVE_CHECK(status.MPI_TAG == 1);
  do MPI_Iprobe(peer, 2, MPI_COMM_WORLD, &flag, &status);
  while (!flag);
  MPI_Get_count(&status, MPI_INT, &count);
  LIVE_CHECK(count == 10);
  MPI_Recv(in, 20, MPI_INT, peer, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Recv(in, 20, MPI_INT, MPI_ANY_SOURCE, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  LIVE_CHECK(in[19] == 19 + 30 * peer);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, &status);
  LIVE_CHECK(!flag);
  live_mix(in, sizeof in);
  return live_end();
}
