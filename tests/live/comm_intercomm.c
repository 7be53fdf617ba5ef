// SPDX-License-Identifier: Apache-2.0
// Shows: an intercommunicator keeps its two groups; messages in flight on it arrive; it merges.
// live: ranks=4 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 4);
  MPI_Comm half, inter, merged;
  int side = live_rank >= 2, rank, remote = 0, is_inter = 0, got = -1, value = 10 * live_rank;
  MPI_Comm_split(MPI_COMM_WORLD, side, live_rank, &half);
  MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, side ? 0 : 2, 7, &inter);
  MPI_Comm_rank(inter, &rank);
  MPI_Send(&value, 1, MPI_INT, rank ^ 1, 3, inter);
  live_cut(0);
  MPI_Comm_test_inter(inter, &is_inter);
  MPI_Comm_remote_size(inter, &remote);
  LIVE_CHECK(is_inter && remote == 2);
  MPI_Recv(&got, 1, MPI_INT, MPI_ANY_SOURCE, 3, inter, MPI_STATUS_IGNORE);
  LIVE_CHECK(got == 10 * ((side ? 0 : 2) + (rank ^ 1)));
  MPI_Group group;
  MPI_Comm_remote_group(inter, &group);
  MPI_Group_size(group, &remote);
  LIVE_CHECK(remote == 2);
  MPI_Group_free(&group);
  MPI_Intercomm_merge(inter, !side, &merged);
  MPI_Comm_rank(merged, &rank);
  LIVE_CHECK(rank == (live_rank + 2) % 4);
  int sum = 0;
  MPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, inter);  // of the other side
  LIVE_CHECK(sum == (side ? 10 : 50));
  live_mix_int(got + sum);
  MPI_Comm_free(&merged);
  MPI_Comm_free(&inter);
  MPI_Comm_free(&half);
  return live_end();
}
