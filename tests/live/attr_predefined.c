// SPDX-License-Identifier: Apache-2.0
// Shows: the predefined attributes of MPI_COMM_WORLD are there before and after a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

static void ask(void) {
  int *value = NULL, flag = 0;
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &value, &flag);
  LIVE_CHECK(flag && *value >= 32767);
  int big_tag = *value < 1000000 ? *value : 1000000, got = 0;
  MPI_Sendrecv(&big_tag, 1, MPI_INT, live_rank, big_tag, &got, 1, MPI_INT, live_rank, big_tag, MPI_COMM_WORLD,
               MPI_STATUS_IGNORE);
  LIVE_CHECK(got == big_tag);
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_WTIME_IS_GLOBAL, &value, &flag);
  LIVE_CHECK(!flag || *value == 0 || *value == 1);
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_UNIVERSE_SIZE, &value, &flag);
  LIVE_CHECK(!flag || *value >= 1);
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_APPNUM, &value, &flag);
  LIVE_CHECK(!flag || *value == 0);
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_IO, &value, &flag);
  LIVE_CHECK(flag && (*value == MPI_ANY_SOURCE || *value >= 0));
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_HOST, &value, &flag);
  LIVE_CHECK(!flag || *value == MPI_PROC_NULL || *value >= 0);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  ask();
  live_cut(0);
  ask();
  return live_end();
}
