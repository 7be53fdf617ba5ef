// SPDX-License-Identifier: Apache-2.0
// Shows: matched messages (Mprobe, Improbe) are held across the cut and received with Mrecv and Imrecv.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { large = 300000 };
  char *out = (char*)malloc(large), *in = (char*)calloc(1, large);
  int peer = live_rank ^ 1, flag = 0, count = 0;
  live_fill(out, large, (uint64_t)live_rank);
  MPI_Request sends[3], request;
  for (int i = 0; i < 3; i++) MPI_Isend(out, i == 1 ? large : 100 + i, MPI_BYTE, peer, 4, MPI_COMM_WORLD, &sends[i]);
  MPI_Message first, second;
  MPI_Status status;
  MPI_Mprobe(peer, 4, MPI_COMM_WORLD, &first, &status);
  do MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, &second, &status);
  while (!flag);
  live_cut(0);
  MPI_Get_count(&status, MPI_BYTE, &count);
  LIVE_CHECK(count == large);
  MPI_Recv(in, large, MPI_BYTE, peer, 4, MPI_COMM_WORLD, &status);  // the third: the others are taken
  MPI_Get_count(&status, MPI_BYTE, &count);
  LIVE_CHECK(count == 102);
  MPI_Imrecv(in, large, MPI_BYTE, &second, &request);
  MPI_Wait(&request, &status);
  LIVE_CHECK(second == MPI_MESSAGE_NULL && live_has_fill(in, large, (uint64_t)peer));
  live_mix(in, large);
  MPI_Mrecv(in, large, MPI_BYTE, &first, &status);
  MPI_Get_count(&status, MPI_BYTE, &count);
  LIVE_CHECK(first == MPI_MESSAGE_NULL && count == 100);
  MPI_Waitall(3, sends, MPI_STATUSES_IGNORE);
  free(in);
  free(out);
  return live_end();
}
