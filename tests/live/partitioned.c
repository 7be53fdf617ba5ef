// SPDX-License-Identifier: Apache-2.0
// Shows: partitioned sends and receives (different numbers of partitions, two channels of one tag) are started, half ready, not
// yet started and matched late at the cut; every round delivers.
// live: ranks=2 cuts=all,all apps=mpich
#include "lib/live.h"

enum { numbers = 24 };

static void check(const int* in, int round, int channel) {
  for (int i = 0; i < numbers; i++) LIVE_CHECK(in[i] == 1000 * round + 100 * channel + 10 * (live_rank ^ 1) + i);
  live_mix(in, numbers * sizeof *in);
}
static void fill(int* out, int first, int count, int round, int channel) {
  for (int i = first; i < first + count; i++) out[i] = 1000 * round + 100 * channel + 10 * live_rank + i;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int peer = live_rank ^ 1, out[2][numbers], in[2][numbers] = {{0}}, list[2] = {3, 2}, flag;
  MPI_Request send[2], receive[2];
  MPI_Psend_init(out[0], 4, numbers / 4, MPI_INT, peer, 5, MPI_COMM_WORLD, MPI_INFO_NULL, &send[0]);
  MPI_Psend_init(out[1], 2, numbers / 2, MPI_INT, peer, 5, MPI_COMM_WORLD, MPI_INFO_NULL, &send[1]);
  MPI_Start(&send[0]);
  fill(out[0], 0, numbers / 2, 0, 0);
  MPI_Pready_range(0, 1, send[0]);
  live_cut(0);
  for (int c = 0; c < 2; c++) MPI_Precv_init(in[c], 3, numbers / 3, MPI_INT, peer, 5, MPI_COMM_WORLD, MPI_INFO_NULL, &receive[c]);
  MPI_Start(&send[1]);
  for (int round = 0; round < 4; round++) {
    if (round > 0) MPI_Startall(2, send);
    MPI_Startall(2, receive);
    MPI_Parrived(receive[1], 2, &flag);
    fill(out[0], numbers / 2, numbers / 2, round, 0);
    if (round > 0) {
      fill(out[0], 0, numbers / 2, round, 0);
      MPI_Pready_range(0, 1, send[0]);
    }
    MPI_Pready_list(2, list, send[0]);
    fill(out[1], 0, numbers, round, 1);
    MPI_Pready(1, send[1]);
    if (round == 1) live_cut(1);
    MPI_Pready(0, send[1]);
    do MPI_Parrived(receive[0], 0, &flag);
    while (!flag);
    MPI_Waitall(2, receive, MPI_STATUSES_IGNORE);
    MPI_Waitall(2, send, MPI_STATUSES_IGNORE);
    check(in[0], round, 0);
    check(in[1], round, 1);
  }
  for (int c = 0; c < 2; c++) {
    MPI_Request_free(&send[c]);
    MPI_Request_free(&receive[c]);
  }
  return live_end();
}
