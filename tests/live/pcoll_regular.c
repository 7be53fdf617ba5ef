// SPDX-License-Identifier: Apache-2.0
// Shows: persistent collectives: at the first cut none is active, at the second all are, at the third some are; the type
// they were made with is freed long before.
// live: ranks=2 cuts=all,all,all abi
#include "lib/persistent_collectives.h"

enum { n = 1000, kinds = 9 };
static long in[n * 2], out[kinds][n * 2];

static int make(MPI_Comm comm, MPI_Datatype pair, MPI_Request* r) {
  int k = 0;
  static int counts[2] = {n, n / 2};
  MPI_Barrier_init(comm, MPI_INFO_NULL, &r[k++]);
  MPI_Bcast_init(out[1], n / 2, pair, 1, comm, MPI_INFO_NULL, &r[k++]);
  MPI_Allreduce_init(MPI_IN_PLACE, out[2], n, MPI_LONG, MPI_SUM, comm, MPI_INFO_NULL, &r[k++]);
  MPI_Reduce_init(in, out[3], n, MPI_LONG, MPI_MAX, 0, comm, MPI_INFO_NULL, &r[k++]);
  MPI_Alltoall_init(in, n, MPI_LONG, out[4], n, MPI_LONG, comm, MPI_INFO_NULL, &r[k++]);
  MPI_Scan_init(in, out[5], n, MPI_LONG, MPI_SUM, comm, MPI_INFO_NULL, &r[k++]);
  MPI_Exscan_init(in, out[6], n, MPI_LONG, MPI_SUM, comm, MPI_INFO_NULL, &r[k++]);
  MPI_Reduce_scatter_block_init(in, out[7], n, MPI_LONG, MPI_MIN, comm, MPI_INFO_NULL, &r[k++]);
  MPI_Reduce_scatter_init(in, out[8], counts, MPI_LONG, MPI_SUM, comm, MPI_INFO_NULL, &r[k++]);
  return k;
}

static void fill(int round) {
  memset(out, 0, sizeof out);
  for (int i = 0; i < n * 2; i++) in[i] = (long)(live_number((uint64_t)(live_rank + 10 * round), (uint64_t)i) % 100000);
  for (int i = 0; i < n; i++) out[1][i] = live_rank == 1 ? i * 7L + round : -1;
  for (int i = 0; i < n; i++) out[2][i] = live_rank + i;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Comm comm;
  MPI_Datatype pair;
  MPI_Request r[kinds];
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  MPI_Type_contiguous(2, MPI_LONG, &pair);
  MPI_Type_commit(&pair);
  int made = make(comm, pair, r), flag = 0;
  MPI_Type_free(&pair);
  live_cut(0);
  for (int round = 0; round < 3; round++) {
    fill(round);
    if (round == 2) {
      for (int i = 0; i < made / 2; i++) MPI_Start(&r[i]);
      live_cut(2);
      MPI_Waitall(made / 2, r, MPI_STATUSES_IGNORE);
      MPI_Startall(made - made / 2, r + made / 2);
    } else {
      MPI_Startall(made, r);
    }
    if (round == 1) live_cut(1);
    // MPICH 4.0.2 has trouble with lists of persistent collectives.
    for (int i = round == 2 ? made / 2 : 0; i < made; i++)
      for (flag = 0; !flag;) MPI_Test(&r[i], &flag, MPI_STATUS_IGNORE);
    LIVE_CHECK(out[1][5] == 35 + round && out[2][4] == 9 && r[3] != MPI_REQUEST_NULL);
    live_mix(out, sizeof out);
  }
  for (int i = 0; i < made; i++) MPI_Request_free(&r[i]);
  LIVE_CHECK(r[0] == MPI_REQUEST_NULL);
  MPI_Comm_free(&comm);
  return live_end();
}
