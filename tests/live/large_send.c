// SPDX-License-Identifier: Apache-2.0
// Shows: messages of more than 2^31-1 elements (of a type that takes no memory, and of one that does) keep their counts
// across the cut, in flight, as posted and persistent receives, and blocking.
// live: ranks=2 cuts=all,all apps=mpich abi
#include "lib/live.h"

static const MPI_Count many = 5000000000;

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int peer = live_rank ^ 1;
  MPI_Datatype nothing;
  MPI_Type_contiguous(0, MPI_INT, &nothing);
  MPI_Type_commit(&nothing);
  char place = 0;
  MPI_Request posted, persistent, late;
  MPI_Status status;
  MPI_Count count = -1;
  MPI_Irecv_c(&place, many, nothing, peer, 1, MPI_COMM_WORLD, &posted);
  MPI_Recv_init_c(&place, many, nothing, peer, 2, MPI_COMM_WORLD, &persistent);
  MPI_Start(&persistent);
  MPI_Isend_c(&place, many, nothing, peer, 3, MPI_COMM_WORLD, &late);
  live_cut(0);
  MPI_Send_c(&place, many, nothing, peer, 1, MPI_COMM_WORLD);
  MPI_Send_c(&place, many, nothing, peer, 2, MPI_COMM_WORLD);
  MPI_Wait(&posted, &status);
  LIVE_CHECK(status.MPI_TAG == 1);
  MPI_Get_count_c(&status, MPI_BYTE, &count);
  LIVE_CHECK(count == 0);
  MPI_Wait(&persistent, &status);
  MPI_Request_free(&persistent);
  MPI_Recv_c(&place, many, nothing, peer, 3, MPI_COMM_WORLD, &status);
  LIVE_CHECK(status.MPI_TAG == 3);
  MPI_Wait(&late, MPI_STATUS_IGNORE);
  MPI_Type_free(&nothing);

  // Room for more than 2^31-1 elements may take a short message.
  int sent[4] = {live_rank, 10, 20, 30};
  MPI_Datatype overlaid;
  MPI_Type_create_resized(MPI_INT, 0, 0, &overlaid);
  MPI_Type_commit(&overlaid);
  int last = -1;
  MPI_Irecv_c(&last, many, overlaid, peer, 4, MPI_COMM_WORLD, &posted);
  live_cut(1);
  MPI_Send_c(sent, 4, MPI_INT, peer, 4, MPI_COMM_WORLD);
  MPI_Wait(&posted, &status);
  MPI_Get_count_c(&status, overlaid, &count);
  LIVE_CHECK(count == 4 && last == 30);
  MPI_Get_elements_c(&status, MPI_INT, &count);
  LIVE_CHECK(count == 4);
  MPI_Status_set_elements_x(&status, MPI_INT, many);
  MPI_Get_count_c(&status, MPI_INT, &count);
  LIVE_CHECK(count == many);
  MPI_Type_free(&overlaid);
  live_mix_int(last);
  return live_end();
}
