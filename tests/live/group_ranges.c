// SPDX-License-Identifier: Apache-2.0
// Shows: range_incl, range_excl, incl and excl of groups; a communicator is made of one after the cut.
// live: ranks=4 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 4);
  int down[1][3] = {{3, 0, -2}}, out[1][3] = {{0, 2, 2}}, first[1] = {0}, result = -1, rank = -1, size = 0;
  MPI_Group world, odd, also_odd, rest;
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  MPI_Group_range_incl(world, 1, down, &odd);
  MPI_Group_range_excl(world, 1, out, &also_odd);
  MPI_Group_excl(world, 1, first, &rest);
  live_cut(0);
  MPI_Group_compare(odd, also_odd, &result);
  LIVE_CHECK(result == MPI_SIMILAR);
  MPI_Group_size(rest, &size);
  LIVE_CHECK(size == live_size - 1);
  MPI_Group_rank(odd, &rank);
  LIVE_CHECK(rank == (live_rank == 3 ? 0 : live_rank == 1 ? 1 : MPI_UNDEFINED));
  MPI_Comm comm;
  MPI_Comm_create(MPI_COMM_WORLD, odd, &comm);
  int sum = 0;
  if (comm != MPI_COMM_NULL) {
    MPI_Scan(&live_rank, &sum, 1, MPI_INT, MPI_SUM, comm);
    LIVE_CHECK(sum == (live_rank == 3 ? 3 : 4));
    MPI_Comm_free(&comm);
  }
  live_mix_int(sum);
  MPI_Group_free(&odd);
  MPI_Group_free(&also_odd);
  MPI_Group_free(&rest);
  MPI_Group_free(&world);
  return live_end();
}
