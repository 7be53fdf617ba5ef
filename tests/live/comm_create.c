// SPDX-License-Identifier: Apache-2.0
// Shows: Comm_create and Comm_create_group of a group with another order, and of the members of a duplicate.
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
  MPI_Comm dup, even = MPI_COMM_NULL;
  MPI_Comm_dup(MPI_COMM_WORLD, &dup);
  MPI_Group of_dup, even_group;
  MPI_Comm_group(dup, &of_dup);
  MPI_Group_incl(of_dup, 2, (int[]){0, 2}, &even_group);
  if (live_rank % 2 == 0) MPI_Comm_create_group(dup, even_group, 43, &even);
  MPI_Group_free(&of_dup);
  MPI_Group_free(&even_group);
  live_cut(0);
  int sum = 0;
  if (even != MPI_COMM_NULL) {
    MPI_Allreduce(&live_rank, &sum, 1, MPI_INT, MPI_SUM, even);
    LIVE_CHECK(sum == 2);
    MPI_Comm_free(&even);
  }
  MPI_Comm_free(&dup);
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
