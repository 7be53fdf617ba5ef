// SPDX-License-Identifier: Apache-2.0
// Shows: Get_count and Get_elements of a message that holds no whole number of the type.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int out[7] = {1, 2, 3, 4, 5, 6, 7}, in[9] = {0}, count = 0, peer = live_rank ^ 1;
  MPI_Datatype triple;
  MPI_Status status;
  MPI_Type_contiguous(3, MPI_INT, &triple);
  MPI_Type_commit(&triple);
  MPI_Send(out, 7, MPI_INT, peer, 1, MPI_COMM_WORLD);
  MPI_Send(out, 6, MPI_INT, peer, 2, MPI_COMM_WORLD);
  live_cut(0);
  MPI_Recv(in, 3, triple, peer, 1, MPI_COMM_WORLD, &status);
  MPI_Get_count(&status, triple, &count);
  LIVE_CHECK(count == MPI_UNDEFINED && in[6] == 7);
  MPI_Get_elements(&status, triple, &count);
  LIVE_CHECK(count == 7);
  MPI_Recv(in, 3, triple, peer, 2, MPI_COMM_WORLD, &status);
  MPI_Get_count(&status, triple, &count);
  LIVE_CHECK(count == 2);
  MPI_Count long_count = 0;
  MPI_Get_elements_x(&status, triple, &long_count);
  LIVE_CHECK(long_count == 6);
  MPI_Status_set_elements(&status, MPI_INT, 5);
  MPI_Get_elements(&status, MPI_INT, &count);
  LIVE_CHECK(count == 5);
  MPI_Type_free(&triple);
  live_mix(in, sizeof in);
  return live_end();
}
