// SPDX-License-Identifier: Apache-2.0
// Shows: messages of a rank to itself, on MPI_COMM_WORLD and MPI_COMM_SELF, survive.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { bytes = 50000 };
  static char out[2][bytes], in[2][bytes];
  MPI_Request sends[2], posted;
  int late = 0, value = 17 + live_rank;
  live_fill(out, sizeof out, (uint64_t)live_rank);
  MPI_Isend(out[0], bytes, MPI_BYTE, live_rank, 1, MPI_COMM_WORLD, &sends[0]);
  MPI_Isend(out[1], 100, MPI_BYTE, 0, 1, MPI_COMM_SELF, &sends[1]);
  MPI_Irecv(&late, 1, MPI_INT, 0, 2, MPI_COMM_SELF, &posted);
  live_cut(0);
  MPI_Recv(in[0], bytes, MPI_BYTE, live_rank, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Recv(in[1], bytes, MPI_BYTE, MPI_ANY_SOURCE, 1, MPI_COMM_SELF, MPI_STATUS_IGNORE);
  MPI_Send(&value, 1, MPI_INT, 0, 2, MPI_COMM_SELF);
  MPI_Wait(&posted, MPI_STATUS_IGNORE);
  MPI_Waitall(2, sends, MPI_STATUSES_IGNORE);
  LIVE_CHECK(memcmp(in[0], out[0], bytes) == 0 && memcmp(in[1], out[1], 100) == 0 && late == value);
  live_mix(in, sizeof in);
  return live_end();
}
