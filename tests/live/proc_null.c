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

static int class_of(int code) {
  int class = 0;
  MPI_Error_class(code, &class);
  return class;
}

/// What is wrong with a message is said whoever it is for.
static void wrong_messages(void) {
  int value = 5;
  MPI_Comm comm;
  MPI_Datatype type;
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
  MPI_Type_contiguous(1, MPI_INT, &type);
  LIVE_CHECK(class_of(MPI_Send(&value, -1, MPI_INT, MPI_PROC_NULL, 1, comm)) == MPI_ERR_COUNT);
  LIVE_CHECK(class_of(MPI_Send(&value, 1, MPI_DATATYPE_NULL, MPI_PROC_NULL, 1, comm)) == MPI_ERR_TYPE);
  LIVE_CHECK(class_of(MPI_Send(&value, 1, type, MPI_PROC_NULL, 1, comm)) == MPI_ERR_TYPE);
  LIVE_CHECK(class_of(MPI_Recv(&value, 1, MPI_INT, MPI_PROC_NULL, -77, comm, MPI_STATUS_IGNORE)) == MPI_ERR_TAG);
  MPI_Type_free(&type);
  MPI_Comm_free(&comm);
}

int main(int argc, char** argv) {
  int values[2] = {5, 6};
  MPI_Request requests[2];
  live_start(&argc, &argv, 2);
  talk_to_nobody();
  wrong_messages();
  MPI_Isend(&values[0], 1, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &requests[0]);
  MPI_Irecv(&values[1], 1, MPI_INT, MPI_PROC_NULL, MPI_ANY_TAG, MPI_COMM_WORLD, &requests[1]);
  live_cut(0);
  for (int i = 0, flag = 0; i < 2; ++i) {
    MPI_Test(&requests[i], &flag, MPI_STATUS_IGNORE);
    LIVE_CHECK(flag && requests[i] == MPI_REQUEST_NULL && values[i] == 5 + i);
  }
  talk_to_nobody();
  return live_end();
}
