// SPDX-License-Identifier: Apache-2.0
// Shows: nonblocking collectives on an intercommunicator are in flight at the cut.
// live: ranks=3 cuts=all
#include "lib/live.h"

enum { n = 2000 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm local, inter;
  int left = live_rank == 0, peers = left ? live_size - 1 : 1, rank;
  MPI_Comm_split(MPI_COMM_WORLD, left, live_rank, &local);
  MPI_Comm_rank(local, &rank);
  MPI_Intercomm_create(local, 0, MPI_COMM_WORLD, left ? 1 : 0, 5, &inter);
  static long in[n * 3], out[4][n * 3];
  int counts[3] = {n, n - 7, n}, places[3] = {0, n + 1, 2 * n};
  for (int i = 0; i < n * 3; i++) in[i] = live_rank * 1000L + i;
  int root = left ? MPI_ROOT : 0, own = left ? counts[0] : counts[rank];
  MPI_Request r[5];
  MPI_Ibcast(left ? in : out[0], n, MPI_LONG, root, inter, &r[0]);
  MPI_Iallreduce(in, out[1], n, MPI_LONG, MPI_SUM, inter, &r[1]);
  MPI_Iallgatherv(in, own, MPI_LONG, out[2], counts, places, MPI_LONG, inter, &r[2]);
  MPI_Igatherv(in, own, MPI_LONG, out[3], left ? counts : NULL, left ? places : NULL, MPI_LONG, root, inter, &r[3]);
  MPI_Ibarrier(inter, &r[4]);
  live_cut(0);
  MPI_Waitall(5, r, MPI_STATUSES_IGNORE);
  LIVE_CHECK(out[1][3] == (left ? 3000 + 3L * peers : 3) && (left || out[0][9] == 9));
  live_mix(out, sizeof out);
  MPI_Comm_free(&inter);
  MPI_Comm_free(&local);
  return live_end();
}
