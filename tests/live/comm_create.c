// SPDX-License-Identifier: Apache-2.0
// Shows: Comm_create and Comm_create_group of a group with another order.
// live: ranks=4 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 4);
  int members[3] = {3, 0, 2}, place = -1;
  MPI_Group world, group;
  MPI_Comm all, some = MPI_COMM_NULL;
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  MPI_Group_incl(world, 3, members, &group);
  MPI_Group_rank(group, &place);
  MPI_Comm_create(MPI_COMM_WORLD, group, &all);
  if (place != MPI_UNDEFINED) MPI_Comm_create_group(MPI_COMM_WORLD, group, 42, &some);
  live_cut(0);
  LIVE_CHECK((all == MPI_COMM_NULL) == (live_rank == 1));
  if (all != MPI_COMM_NULL) {
    int rank, other, got = -1, result = 0;
    MPI_Comm_rank(all, &rank);
    MPI_Comm_rank(some, &other);
    LIVE_CHECK(members[rank] == live_rank && other == rank && place == rank);
    MPI_Comm_compare(all, some, &result);
    LIVE_CHECK(result == MPI_CONGRUENT);
    MPI_Sendrecv(&live_rank, 1, MPI_INT, (rank + 1) % 3, 1, &got, 1, MPI_INT, (rank + 2) % 3, 1, some, MPI_STATUS_IGNORE);
    LIVE_CHECK(got == members[(rank + 2) % 3]);
    live_mix_int(got);
    MPI_Comm_free(&some);
    MPI_Comm_free(&all);
  }
  MPI_Group_free(&group);
  MPI_Group_free(&world);
  return live_end();
}
