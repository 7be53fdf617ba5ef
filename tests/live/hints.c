// SPDX-License-Identifier: Apache-2.0
// Shows: communicators and windows keep the hints that they know and ignore others; a duplicate doesn't inherit them.
// live: ranks=2 cuts=all
#include "lib/live.h"

static void check(MPI_Info info, const char* key, const char* expected) {
  char value[64] = "";
  int found = 0;
  MPI_Info_get(info, key, 63, value, &found);
  LIVE_CHECK(found == (expected != NULL) && (!found || strcmp(value, expected) == 0));
}

static void hints_of(MPI_Comm comm, const char* any_source, MPI_Win win) {
  MPI_Info info;
  MPI_Comm_get_info(comm, &info);
  check(info, "mpi_assert_no_any_source", any_source);
  check(info, "mpi_assert_allow_overtaking", "false");
  MPI_Info_free(&info);
  MPI_Win_get_info(win, &info);
  check(info, "no_locks", "true");
#ifdef MPICH_VERSION
  check(info, "accumulate_ordering", "rar,raw,war,waw");
  check(info, "same_size", "false");
  check(info, "mana_unheard_of", NULL);
#endif
  MPI_Info_free(&info);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Info info;
  MPI_Comm hinted, dup;
  MPI_Win win;
  int* memory;
  MPI_Info_create(&info);
  MPI_Info_set(info, "mpi_assert_no_any_source", "true");
  MPI_Info_set(info, "no_locks", "true");
  MPI_Info_set(info, "mana_unheard_of", "true");
  MPI_Comm_dup_with_info(MPI_COMM_WORLD, info, &hinted);
  MPI_Win_allocate(sizeof(int), sizeof(int), info, MPI_COMM_WORLD, &memory, &win);
  hints_of(hinted, "true", win);
  live_cut(0);
  hints_of(hinted, "true", win);
  MPI_Comm_dup(hinted, &dup);
  hints_of(dup, "false", win);
  MPI_Win_free(&win);
  MPI_Comm_free(&dup);
  MPI_Comm_free(&hinted);
  MPI_Info_free(&info);
  return live_end();
}
