// SPDX-License-Identifier: Apache-2.0
// Shows: operations with MPI_PROC_NULL complete at once with the status the standard names.
// live: ranks=2 cuts=all
#include "lib/live.h"

static void talk_to_nobody(void) {
  int value = 5, count = -1, flag = 0;
  MPI_Status status;
  MPI_Message message;
  MPI_Request requests[2];
  MPI_Send(&value, 1, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD);
  MPI_Recv(&value, 1, MPI_INT, MPI_PROC_NULL, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
  MPI_Get_count(&status, MPI_INT, &count);
  LIVE_CHECK(value == 5 && count == 0 && status.MPI_SOURCE == MPI_PROC_NULL && status.MPI_TAG == MPI_ANY_TAG);
  MPI_Isend(&value, 1, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &requests[0]);
  MPI_Irecv(&value, 1, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &requests[1]);
  MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  MPI_Iprobe(MPI_PROC_NULL, 3, MPI_COMM_WORLD, &flag, &status);
  LIVE_CHECK(flag && status.MPI_SOURCE == MPI_PROC_NULL);
  MPI_Mprobe(MPI_PROC_NULL, 3, MPI_COMM_WORLD, &message, &status);
  LIVE_CHECK(message == MPI_MESSAGE_NO_PROC);
  MPI_Mrecv(&value, 1, MPI_INT, &message, &status);
  LIVE_CHECK(message == MPI_MESSAGE_NULL && value == 5);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  talk_to_nobody();
  live_cut(0);
  talk_to_nobody();
  return live_end();
}
