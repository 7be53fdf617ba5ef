// SPDX-License-Identifier: Apache-2.0
// Shows: one rank computes while the others call collectives without a pause, on overlapping communicators, blocking and not; the cut is
// found among them.
// live: ranks=4 cuts=one,one
#include "lib/live.h"

static MPI_Comm others, first_two, last_two;

static int told_to_stop(int tag) {
  int flag = 0;
  if (live_rank == 1) MPI_Iprobe(0, tag, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
  MPI_Bcast(&flag, 1, MPI_INT, 0, others);
  if (flag && live_rank == 1) MPI_Recv(NULL, 0, MPI_INT, 0, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  return flag;
}

static void call_until_told(int tag) {
  for (int i = 0; !told_to_stop(tag); i++) {
    int mine = i + live_rank, sum = 0, biggest = 0, list[3];
    MPI_Request request;
    MPI_Iallreduce(&mine, &biggest, 1, MPI_INT, MPI_MAX, others, &request);
    if (first_two != MPI_COMM_NULL) MPI_Allreduce(&mine, &sum, 1, MPI_INT, MPI_SUM, first_two);
    LIVE_CHECK(first_two == MPI_COMM_NULL || sum == 2 * i + 3);
    if (last_two != MPI_COMM_NULL) MPI_Bcast(&mine, 1, MPI_INT, i % 2, last_two);
    LIVE_CHECK(last_two == MPI_COMM_NULL || mine == i + 2 + i % 2);
    MPI_Allgather(&i, 1, MPI_INT, list, 1, MPI_INT, others);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    LIVE_CHECK(biggest == i + 3 && list[0] == i && list[1] == i && list[2] == i);
    if (i % 3 == 0) MPI_Barrier(others);
  }
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 4);
  MPI_Comm_split(MPI_COMM_WORLD, live_rank == 0 ? MPI_UNDEFINED : 0, live_rank, &others);
  MPI_Comm_split(MPI_COMM_WORLD, live_rank == 1 || live_rank == 2 ? 0 : MPI_UNDEFINED, live_rank, &first_two);
  MPI_Comm_split(MPI_COMM_WORLD, live_rank >= 2 ? 0 : MPI_UNDEFINED, live_rank, &last_two);
  for (int k = 0; k < 2; k++) {
    live_cut_one(k);
    if (live_rank == 0) MPI_Send(NULL, 0, MPI_INT, 1, k, MPI_COMM_WORLD);
    if (live_rank > 0) call_until_told(k);
    int all = 0;
    MPI_Allreduce(&live_rank, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    live_mix_int(all);
  }
  return live_end();
}
