// SPDX-License-Identifier: Apache-2.0
// Shows: a program whose thread-local variables take a megabyte, so that errno lies far from where the real MPI's libc has it, is stopped
// while it waits inside MPI.
// live: ranks=2 cuts=one
#include "lib/live.h"

#include <errno.h>

static __thread long big[1 << 17];

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  for (long i = 0; i < 1 << 17; i++) big[i] = i * (live_rank + 1);
  errno = EDOM;
  live_cut_one(0);
  int value = 17, kept;
  if (live_rank == 0) MPI_Send(&value, 1, MPI_INT, 1, 9, MPI_COMM_WORLD);
  if (live_rank == 1) MPI_Recv(&value, 1, MPI_INT, 0, 9, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  kept = errno;
  LIVE_CHECK(live_rank == 0 || kept == EDOM);
  for (long i = 0; i < 1 << 17; i++) LIVE_CHECK(big[i] == i * (live_rank + 1));
  live_mix(big, sizeof big);
  live_mix_int(value);
  return live_end();
}
