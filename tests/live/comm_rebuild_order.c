// SPDX-License-Identifier: Apache-2.0
// Shows: duplicates of different communicators with a communicator between them that not all ranks are members of: a restart remakes
// them without ranks that wait for one another.
// live: ranks=3 cuts=all,all
#include "lib/live.h"

static void use(MPI_Comm comm) {
  int mine, sum = 0;
  MPI_Comm_rank(comm, &mine);
  MPI_Scan(&mine, &sum, 1, MPI_INT, MPI_SUM, comm);
  live_mix_int(sum);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm reversed, of_reversed, without_first, of_world, of_both[2];
  MPI_Comm_split(MPI_COMM_WORLD, 0, -live_rank, &reversed);
  MPI_Comm_dup(reversed, &of_reversed);
  MPI_Comm_split(MPI_COMM_WORLD, live_rank == 0 ? MPI_UNDEFINED : 0, 0, &without_first);
  MPI_Comm_dup(MPI_COMM_WORLD, &of_world);
  live_cut(0);
  MPI_Comm_dup(of_world, &of_both[0]);
  MPI_Comm_dup(of_reversed, &of_both[1]);
  live_cut(1);
  use(reversed);
  use(of_reversed);
  if (without_first != MPI_COMM_NULL) use(without_first);
  use(of_world);
  for (int i = 0; i < 2; i++) use(of_both[i]);
  return live_end();
}
