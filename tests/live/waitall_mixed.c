// SPDX-License-Identifier: Apache-2.0
// Shows: lists of collective and message requests in every call that completes requests, pending at the cuts.
// live: ranks=2 cuts=all,all,all
#include "lib/live.h"

enum { n = 20000 };
static long out[n], in[n], sum[n], cast[n];

static void start(int round, MPI_Request* r) {
  int peer = live_rank ^ 1;
  for (int i = 0; i < n; i++) out[i] = live_rank * 10L + i + round, cast[i] = live_rank == 0 ? round + i : 0;
  memset(in, 0, sizeof in);
  memset(sum, 0, sizeof sum);
  MPI_Irecv(in, n, MPI_LONG, peer, round, MPI_COMM_WORLD, &r[0]);
  MPI_Iallreduce(out, sum, n, MPI_LONG, MPI_SUM, MPI_COMM_WORLD, &r[1]);
  MPI_Isend(out, n, MPI_LONG, peer, round, MPI_COMM_WORLD, &r[2]);
  MPI_Ibcast(cast, n, MPI_LONG, 0, MPI_COMM_WORLD, &r[3]);
  r[4] = MPI_REQUEST_NULL;
  MPI_Ibarrier(MPI_COMM_SELF, &r[5]);
}

static void check(int round) {
  LIVE_CHECK(in[5] == (live_rank ^ 1) * 10L + 5 + round && sum[7] == 10 + 2L * (7 + round) && cast[9] == round + 9);
  live_mix(in, sizeof in);
  live_mix(sum, sizeof sum);
  live_mix(cast, sizeof cast);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Request r[6];
  MPI_Status statuses[6];
  int index, flag = 0, count, indices[6], taken = 0;

  start(0, r);
  live_cut(0);
  MPI_Waitall(6, r, statuses);
  LIVE_CHECK(statuses[0].MPI_SOURCE == (live_rank ^ 1) && statuses[0].MPI_TAG == 0);
  check(0);

  start(1, r);
  live_cut(1);
  for (int i = 0; i < 3; i++) {
    MPI_Waitany(6, r, &index, statuses);
    LIVE_CHECK(index != MPI_UNDEFINED && r[index] == MPI_REQUEST_NULL);
  }
  while (taken < 2) {
    MPI_Waitsome(6, r, &count, indices, statuses);
    LIVE_CHECK(count > 0);
    taken += count;
  }
  MPI_Waitany(6, r, &index, statuses);
  LIVE_CHECK(index == MPI_UNDEFINED);
  check(1);

  start(2, r);
  live_cut(2);
  while (!flag) MPI_Testall(6, r, &flag, MPI_STATUSES_IGNORE);
  check(2);

  start(3, r);
  for (taken = 0; taken < 5;) {
    MPI_Testany(6, r, &index, &flag, statuses);
    if (flag) taken++;
  }
  check(3);

  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Ibarrier(MPI_COMM_WORLD, &r[0]);
  MPI_Request_get_status(r[0], &flag, MPI_STATUS_IGNORE);
  LIVE_CHECK(r[0] != MPI_REQUEST_NULL);
  MPI_Wait(&r[0], MPI_STATUS_IGNORE);
  return live_end();
}
