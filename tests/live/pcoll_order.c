// SPDX-License-Identifier: Apache-2.0
// Shows: ranks start persistent collectives in different orders; at the cut each rank has started another one, so the
// checkpoint waits until all have been started by all.
// live: ranks=2 cuts=late
#include "lib/persistent_collectives.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { n = 3 };
  MPI_Request r[n], unused;
  long mine[n], all[n];
  for (int i = 0; i < n; i++) MPI_Allreduce_init(&mine[i], &all[i], 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD, MPI_INFO_NULL, &r[i]);
  MPI_Barrier_init(MPI_COMM_WORLD, MPI_INFO_NULL, &unused);
  if (live_rank == 0) MPI_Request_free(&unused);  // one rank has freed it at the cut, the other has not
  for (int i = 0; i < n; i++) mine[i] = 10 * i + live_rank, all[i] = 0;
  MPI_Start(&r[live_rank == 0 ? 0 : n - 1]);
  live_cut_one(0);
  if (live_rank == 0) {
    for (int i = 1; i < n; i++) MPI_Start(&r[i]);
  } else {
    for (int i = n - 2; i >= 0; i--) MPI_Start(&r[i]);
  }
  MPI_Waitall(n, r, MPI_STATUSES_IGNORE);
  for (int i = 0; i < n; i++) {
    LIVE_CHECK(all[i] == 20 * i + 1);
    live_mix_int(all[i]);
    MPI_Request_free(&r[i]);
  }
  if (live_rank == 1) MPI_Request_free(&unused);
  return live_end();
}
