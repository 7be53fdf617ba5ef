// SPDX-License-Identifier: Apache-2.0
// Shows: persistent gather, allgather and scatter: made before the first cut, active at the second. Each is started once, for
// MPICH 4.0.2 delivers nothing at a second start.
// live: ranks=2 cuts=all,all
#include "lib/persistent_collectives.h"

enum { n = 1000, kinds = 3 };
static long in[n * 2], out[kinds][n * 2];

static void make(MPI_Datatype pair, MPI_Request* r) {
  MPI_Allgather_init(in, n / 2, pair, out[0], n, MPI_LONG, MPI_COMM_WORLD, MPI_INFO_NULL, &r[0]);
  MPI_Gather_init(in, n, MPI_LONG, out[1], n / 2, pair, 1, MPI_COMM_WORLD, MPI_INFO_NULL, &r[1]);
  MPI_Scatter_init(in, n, MPI_LONG, out[2], n, MPI_LONG, 0, MPI_COMM_WORLD, MPI_INFO_NULL, &r[2]);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Datatype pair;
  MPI_Request r[kinds];
  MPI_Type_contiguous(2, MPI_LONG, &pair);
  MPI_Type_commit(&pair);
  for (int round = 0; round < 2; round++) {
    memset(out, 0, sizeof out);
    for (int i = 0; i < n * 2; i++) in[i] = live_rank * 10000L + i + round;
    make(pair, r);
    if (round == 0) live_cut(0);
    MPI_Startall(kinds, r);
    if (round == 0) live_cut(1);
    for (int i = 0; i < kinds; i++) MPI_Wait(&r[i], MPI_STATUS_IGNORE);
    for (int i = 0; i < kinds; i++) MPI_Request_free(&r[i]);
    LIVE_CHECK(out[0][n + 4] == 10004 + round && out[2][4] == live_rank * n + 4 + round);
    live_mix(out, sizeof out);
  }
  MPI_Type_free(&pair);
  return live_end();
}
