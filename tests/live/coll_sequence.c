// SPDX-License-Identifier: Apache-2.0
// Shows: three cuts in one run, with collectives and messages between them.
// live: ranks=3 cuts=all,all,all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm ring;
  MPI_Comm_split(MPI_COMM_WORLD, 0, live_size - live_rank, &ring);
  int rank, size, token = live_rank;
  MPI_Comm_rank(ring, &rank);
  MPI_Comm_size(ring, &size);
  for (int cut = 0; cut < 3; cut++) {
    MPI_Request request;
    int sum = 0, next = 0;
    MPI_Isend(&token, 1, MPI_INT, (rank + 1) % size, cut, ring, &request);
    live_cut(cut);
    MPI_Allreduce(&token, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    MPI_Recv(&next, 1, MPI_INT, MPI_ANY_SOURCE, cut, ring, MPI_STATUS_IGNORE);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    token = next * 3 + sum;
    live_mix_int(token);
  }
  MPI_Comm_free(&ring);
  return live_end();
}
