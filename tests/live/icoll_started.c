// SPDX-License-Identifier: Apache-2.0
// Shows: one nonblocking collective of each regular kind is in flight at the cut, on MPI_COMM_WORLD and a communicator of
// two that overlaps it; the derived type and the communicator are freed while their operations are pending.
// live: ranks=3 cuts=all abi
#include "lib/live.h"

enum { n = 3000, kinds = 12 };

struct buffers {
  long in[n * 4], out[kinds][n * 4];
};

static int start_all(struct buffers* b, MPI_Comm comm, MPI_Datatype pair, MPI_Request* r) {
  int k = 0, rank;
  MPI_Comm_rank(comm, &rank);
  for (int i = 0; i < n * 4; i++) b->in[i] = (long)(live_number((uint64_t)live_rank, (uint64_t)i) % 100000);
  memset(b->out, 0, sizeof b->out);
  for (int i = 0; i < n; i++) b->out[1][i] = rank == 1 ? i * 7L : -1;
  for (int i = 0; i < n; i++) b->out[2][i] = live_rank + i;
  MPI_Ibarrier(comm, &r[k++]);
  MPI_Ibcast(b->out[1], n / 2, pair, 1, comm, &r[k++]);
  MPI_Iallreduce(MPI_IN_PLACE, b->out[2], n, MPI_LONG, MPI_SUM, comm, &r[k++]);
  MPI_Ireduce(b->in, b->out[3], n, MPI_LONG, MPI_MAX, 0, comm, &r[k++]);
  MPI_Iallgather(b->in, n / 2, pair, b->out[4], n, MPI_LONG, comm, &r[k++]);
  MPI_Igather(b->in, n, MPI_LONG, b->out[5], n / 2, pair, 1, comm, &r[k++]);
  MPI_Iscatter(b->in, n, MPI_LONG, b->out[6], n, MPI_LONG, 0, comm, &r[k++]);
  MPI_Ialltoall(b->in, n, MPI_LONG, b->out[7], n, MPI_LONG, comm, &r[k++]);
  MPI_Iscan(b->in, b->out[8], n, MPI_LONG, MPI_SUM, comm, &r[k++]);
  MPI_Iexscan(b->in, b->out[9], n, MPI_LONG, MPI_SUM, comm, &r[k++]);
  MPI_Ireduce_scatter_block(b->in, b->out[10], n, MPI_LONG, MPI_MIN, comm, &r[k++]);
  int counts[3] = {n, n / 2, n};
  int* standing = (int*)malloc(sizeof counts);
  memcpy(standing, counts, sizeof counts);
  MPI_Ireduce_scatter(b->in, b->out[11], standing, MPI_LONG, MPI_SUM, comm, &r[k++]);
  return k;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm part;
  MPI_Datatype pair;
  MPI_Comm_split(MPI_COMM_WORLD, live_rank == 2, live_rank, &part);
  static struct buffers first, second;
  MPI_Request r[2 * kinds];
  for (int round = 0; round < 2; round++) {
    MPI_Type_contiguous(2, MPI_LONG, &pair);
    MPI_Type_commit(&pair);
    int started = start_all(&first, MPI_COMM_WORLD, pair, r);
    if (live_rank < 2) started += start_all(&second, part, pair, r + started);
    MPI_Type_free(&pair);
    if (round == 0) live_cut(0);
    MPI_Waitall(started, r, MPI_STATUSES_IGNORE);
    for (int i = 0; i < started; i++) LIVE_CHECK(r[i] == MPI_REQUEST_NULL);
    LIVE_CHECK(first.out[1][5] == 35 && first.out[2][4] == 15);
    live_mix(first.out, sizeof first.out);
    if (live_rank < 2) live_mix(second.out, sizeof second.out);
  }
  MPI_Request barrier;
  MPI_Ibarrier(part, &barrier);
  MPI_Comm_free(&part);
  MPI_Wait(&barrier, MPI_STATUS_IGNORE);
  return live_end();
}
