// SPDX-License-Identifier: Apache-2.0
// Shows: Comm_compare tells identical, congruent, similar and unequal communicators apart.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Comm dup, reversed, with_hints;
  MPI_Info hints;
  MPI_Info_create(&hints);
  MPI_Info_set(hints, "a_hint", "a value");
  MPI_Comm_dup(MPI_COMM_WORLD, &dup);
  MPI_Comm_dup_with_info(MPI_COMM_WORLD, hints, &with_hints);
  MPI_Comm_split(MPI_COMM_WORLD, 0, -live_rank, &reversed);
  live_cut(0);
  int result = -1;
  MPI_Comm_compare(MPI_COMM_WORLD, MPI_COMM_WORLD, &result);
  LIVE_CHECK(result == MPI_IDENT);
  MPI_Comm_compare(MPI_COMM_WORLD, dup, &result);
  LIVE_CHECK(result == MPI_CONGRUENT);
  MPI_Comm_compare(dup, with_hints, &result);
  LIVE_CHECK(result == MPI_CONGRUENT);
  MPI_Comm_compare(dup, reversed, &result);
  LIVE_CHECK(result == MPI_SIMILAR);
  MPI_Comm_compare(dup, MPI_COMM_SELF, &result);
  LIVE_CHECK(result == MPI_UNEQUAL);
  MPI_Comm_free(&dup);
  MPI_Comm_free(&reversed);
  MPI_Comm_free(&with_hints);
  MPI_Info_free(&hints);
  return live_end();
}
