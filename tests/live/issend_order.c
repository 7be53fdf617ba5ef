// SPDX-License-Identifier: Apache-2.0
// Shows: of several synchronous sends pending at a cut, each completes when its own message is received, and not earlier.
// live: ranks=2 cuts=all,all
#include "lib/live.h"

enum { last = 5 };

static int done(MPI_Request* request) {
  int flag = 0;
  if (*request != MPI_REQUEST_NULL) MPI_Request_get_status(*request, &flag, MPI_STATUS_IGNORE);
  return flag;
}

static void receive(int tag, int expected) {
  int value = -1;
  MPI_Recv(&value, 1, MPI_INT, 0, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  LIVE_CHECK(value == expected);
  live_mix_int(value);
  MPI_Send(NULL, 0, MPI_INT, 0, 1, MPI_COMM_WORLD);
  MPI_Recv(NULL, 0, MPI_INT, 0, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);  // it has looked
}

/// Message k has been received: its send completes, the others that wait don't.
static void check_only(MPI_Request* requests, int k) {
  MPI_Recv(NULL, 0, MPI_INT, 1, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  MPI_Wait(&requests[k], MPI_STATUS_IGNORE);
  if (k == 4) MPI_Request_free(&requests[k]);
  for (int i = 2; i <= last; i++)
    LIVE_CHECK(!done(&requests[i]));
  MPI_Send(NULL, 0, MPI_INT, 1, 2, MPI_COMM_WORLD);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Request requests[last + 1], posted = MPI_REQUEST_NULL;
  int values[last + 2] = {10, 11, 12, 13, 14, 15, 16}, got = 0, probed = 0;
  MPI_Message message = MPI_MESSAGE_NULL;
  if (live_rank == 1) MPI_Irecv(&got, 1, MPI_INT, 0, 9, MPI_COMM_WORLD, &posted);
  MPI_Barrier(MPI_COMM_WORLD);
  if (live_rank == 0) {
    MPI_Issend(&values[0], 1, MPI_INT, 1, 5, MPI_COMM_WORLD, &requests[0]);
    MPI_Isend(&values[1], 1, MPI_INT, 1, 5, MPI_COMM_WORLD, &requests[1]);
    MPI_Issend(&values[2], 1, MPI_INT, 1, 5, MPI_COMM_WORLD, &requests[2]);
    MPI_Issend(&values[3], 1, MPI_INT, 1, 7, MPI_COMM_WORLD, &requests[3]);
    MPI_Ssend_init(&values[4], 1, MPI_INT, 1, 5, MPI_COMM_WORLD, &requests[4]);
    MPI_Start(&requests[4]);
    MPI_Issend(&values[5], 1, MPI_INT, 1, 9, MPI_COMM_WORLD, &requests[5]);
    MPI_Send(&values[6], 1, MPI_INT, 1, 5, MPI_COMM_WORLD);
  } else if (live_rank == 1) {
    MPI_Mprobe(0, 5, MPI_COMM_WORLD, &message, MPI_STATUS_IGNORE);
  }
  live_cut(0);
  if (live_rank == 0) {
    MPI_Wait(&requests[5], MPI_STATUS_IGNORE);
    for (int i = 2; i <= 4; i++) LIVE_CHECK(!done(&requests[i]));
  } else if (live_rank == 1) {
    MPI_Wait(&posted, MPI_STATUS_IGNORE);
    LIVE_CHECK(got == 15);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  live_cut(1);
  if (live_rank == 0) {
    check_only(requests, 3);
    check_only(requests, 1);
    check_only(requests, 2);
    check_only(requests, 4);
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  } else if (live_rank == 1) {
    MPI_Mrecv(&probed, 1, MPI_INT, &message, MPI_STATUS_IGNORE);
    LIVE_CHECK(probed == 10);
    receive(7, 13);
    receive(5, 11);
    receive(5, 12);
    receive(5, 14);
    MPI_Recv(&got, 1, MPI_INT, 0, 5, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    LIVE_CHECK(got == 16);
  }
  live_mix_int(got);
  return live_end();
}
