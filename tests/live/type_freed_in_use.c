// SPDX-License-Identifier: Apache-2.0
// Shows: a type freed while a receive with it is posted serves that receive after a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int in[60], out[60], peer = live_rank ^ 1;
  memset(in, 0, sizeof in);
  for (int i = 0; i < 60; i++) out[i] = i + 100 * live_rank;
  MPI_Datatype type;
  MPI_Request requests[2];
  MPI_Type_vector(20, 1, 3, MPI_INT, &type);
  MPI_Type_commit(&type);
  MPI_Irecv(in, 1, type, peer, 1, MPI_COMM_WORLD, &requests[0]);
  MPI_Isend(out, 1, type, peer, 2, MPI_COMM_WORLD, &requests[1]);
  MPI_Type_free(&type);
  LIVE_CHECK(type == MPI_DATATYPE_NULL);
  live_cut(0);
  int packed[20];
  MPI_Recv(packed, 20, MPI_INT, peer, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  for (int i = 0; i < 20; i++) LIVE_CHECK(packed[i] == 3 * i + 100 * peer);
  MPI_Send(packed, 20, MPI_INT, peer, 1, MPI_COMM_WORLD);
  MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  for (int i = 0; i < 60; i++) LIVE_CHECK(in[i] == (i % 3 ? 0 : i + 100 * live_rank));
  live_mix(in, sizeof in);
  return live_end();
}
