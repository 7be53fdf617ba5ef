// SPDX-License-Identifier: Apache-2.0
// Shows: a type of absolute addresses with MPI_BOTTOM still points at the same objects after a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  static int global[4];
  double local[2] = {0, 0}, *heap = (double*)calloc(3, sizeof(double));
  int lengths[3] = {4, 2, 3}, peer = live_rank ^ 1;
  MPI_Aint places[3];
  MPI_Datatype kinds[3] = {MPI_INT, MPI_DOUBLE, MPI_DOUBLE}, type;
  MPI_Get_address(global, &places[0]);
  MPI_Get_address(local, &places[1]);
  MPI_Get_address(heap, &places[2]);
  MPI_Type_create_struct(3, lengths, places, kinds, &type);
  MPI_Type_commit(&type);
  LIVE_CHECK(MPI_Aint_add(places[2], 8) == MPI_Aint_diff(places[2], -8));
  global[3] = 30 + live_rank, local[1] = 1.5 + live_rank, heap[2] = 2.5 + live_rank;
  MPI_Request request;
  MPI_Isend(MPI_BOTTOM, 1, type, peer, 1, MPI_COMM_WORLD, &request);
  live_cut(0);
  char bytes[200];
  MPI_Status status;
  int count = 0;
  MPI_Recv(bytes, 200, MPI_BYTE, peer, 1, MPI_COMM_WORLD, &status);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  MPI_Get_count(&status, MPI_BYTE, &count);
  LIVE_CHECK(count == 56);
  MPI_Sendrecv(bytes, 56, MPI_BYTE, live_rank, 2, MPI_BOTTOM, 1, type, live_rank, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  LIVE_CHECK(global[3] == 30 + peer && local[1] == 1.5 + peer && heap[2] == 2.5 + peer);
  live_mix(heap, 3 * sizeof(double));
  MPI_Type_free(&type);
  free(heap);
  return live_end();
}
