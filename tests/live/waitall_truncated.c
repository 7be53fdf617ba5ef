// SPDX-License-Identifier: Apache-2.0
// Shows: MPI_Waitall without statuses tells of a message that was too long and receives the others, before and after a restart. Compiled with MPICH only: Open
// MPI 4.1.4 natively hangs when a request has failed before its MPI_Waitall.
// live: ranks=2 cuts=all apps=mpich
#include "lib/live.h"

enum { messages = 12, too_long = 4 };

static void round_of(int first) {
  int in[messages][4] = {{0}}, out[4] = {1, 2, 3, 4};
  MPI_Request r[messages];
  for (int i = 0; i < messages; i++) {
    out[0] = first + i;
    if (live_rank == 0)
      MPI_Send(out, i == too_long ? 4 : 2, MPI_INT, 1, 5, MPI_COMM_WORLD);
    else
      MPI_Irecv(in[i], 2, MPI_INT, 0, 5, MPI_COMM_WORLD, &r[i]);
  }
  if (live_rank == 0) return;
  LIVE_CHECK(MPI_Waitall(messages, r, MPI_STATUSES_IGNORE) != 0);
  for (int i = 0; i < messages; i++) MPI_Wait(&r[i], MPI_STATUS_IGNORE);
  for (int i = 0; i < messages; i++)
    if (i != too_long) LIVE_CHECK(in[i][0] == first + i && in[i][1] == 2);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  round_of(100);
  live_cut(0);
  round_of(200);
  live_mix_int(live_rank);
  return live_end();
}
