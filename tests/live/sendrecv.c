// SPDX-License-Identifier: Apache-2.0
// Shows: Sendrecv and Sendrecv_replace around a ring, before and after the cut.
// live: ranks=3 cuts=all
#include "lib/live.h"

static int turn(int value) {
  int right = (live_rank + 1) % live_size, left = (live_rank + live_size - 1) % live_size, got = -1;
  MPI_Status status;
  MPI_Sendrecv(&value, 1, MPI_INT, right, 1, &got, 1, MPI_INT, left, 1, MPI_COMM_WORLD, &status);
  LIVE_CHECK(status.MPI_SOURCE == left && status.MPI_TAG == 1);
  MPI_Sendrecv_replace(&got, 1, MPI_INT, left, 2, right, 2, MPI_COMM_WORLD, &status);
  LIVE_CHECK(got == value && status.MPI_SOURCE == right);
  MPI_Sendrecv_replace(&got, 1, MPI_INT, right, 3, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
  LIVE_CHECK(status.MPI_SOURCE == left && status.MPI_TAG == 3);
  return got;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  int value = turn(10 * live_rank);
  live_cut(0);
  value = turn(value + 1);
  live_mix_int(value);
  return live_end();
}
