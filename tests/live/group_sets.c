// SPDX-License-Identifier: Apache-2.0
// Shows: union, intersection, difference, compare and translate of groups made before the cut.
// live: ranks=4 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 4);
  int a_ranks[3] = {0, 1, 2}, b_ranks[3] = {3, 2, 1}, all[4] = {0, 1, 2, 3}, found[4], result = -1, size = 0;
  MPI_Group world, a, b, both, common, only_a;
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  MPI_Group_incl(world, 3, a_ranks, &a);
  MPI_Group_incl(world, 3, b_ranks, &b);
  live_cut(0);
  MPI_Group_union(a, b, &both);
  MPI_Group_intersection(b, a, &common);
  MPI_Group_difference(a, b, &only_a);
  MPI_Group_compare(both, world, &result);
  LIVE_CHECK(result == MPI_IDENT);
  MPI_Group_compare(a, b, &result);
  LIVE_CHECK(result == MPI_UNEQUAL);
  MPI_Group_translate_ranks(world, 4, all, b, found);
  LIVE_CHECK(found[0] == MPI_UNDEFINED && found[1] == 2 && found[2] == 1 && found[3] == 0);
  MPI_Group_translate_ranks(common, 2, all, world, found);
  LIVE_CHECK(found[0] == 2 && found[1] == 1);
  MPI_Group_size(only_a, &size);
  LIVE_CHECK(size == 1);
  MPI_Group_intersection(only_a, b, &common);
  LIVE_CHECK(common == MPI_GROUP_EMPTY);
  MPI_Group_rank(b, &result);
  LIVE_CHECK(result == (live_rank == 0 ? MPI_UNDEFINED : 3 - live_rank));
  live_mix_int(result);
  MPI_Group_free(&a);
  MPI_Group_free(&b);
  MPI_Group_free(&both);
  MPI_Group_free(&only_a);
  MPI_Group_free(&world);
  return live_end();
}
