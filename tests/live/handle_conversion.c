// SPDX-License-Identifier: Apache-2.0
// Shows: the Fortran integers of live objects of every class name the same objects after the cut, and so do statuses in Fortran's form.
// live: ranks=2 cuts=all
#include "lib/live.h"

static void reduce(void* in, void* inout, int* count, MPI_Datatype* type) {
  (void)type;
  for (int i = 0; i < *count; i++) ((int*)inout)[i] += ((int*)in)[i];
}
static void on_error(MPI_Comm* comm, int* code, ...) { (void)comm, (void)code; }

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int peer = live_rank ^ 1, value = -1, out = 40 + live_rank, sum = 0, count = 0;
  long memory[2] = {0, 0};
  MPI_Comm comm;
  MPI_Group group;
  MPI_Datatype type;
  MPI_Op op;
  MPI_Errhandler handler;
  MPI_Info info;
  MPI_Win win;
  MPI_Request request;
  MPI_Status status, back;
  MPI_Fint f_status[16];
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  MPI_Comm_group(comm, &group);
  MPI_Type_contiguous(2, MPI_INT, &type);
  MPI_Type_commit(&type);
  MPI_Op_create(reduce, 1, &op);
  MPI_Comm_create_errhandler(on_error, &handler);
  MPI_Info_create(&info);
  MPI_Win_create(memory, sizeof memory, sizeof(long), MPI_INFO_NULL, comm, &win);
  MPI_Irecv(&value, 1, MPI_INT, peer, 3, comm, &request);
  MPI_Sendrecv(&out, 1, MPI_INT, peer, 2, &sum, 1, MPI_INT, peer, 2, comm, &status);
  MPI_Fint f_comm = MPI_Comm_c2f(comm), f_group = MPI_Group_c2f(group), f_type = MPI_Type_c2f(type), f_op = MPI_Op_c2f(op);
  MPI_Fint f_handler = MPI_Errhandler_c2f(handler), f_info = MPI_Info_c2f(info), f_win = MPI_Win_c2f(win), f_request = MPI_Request_c2f(request);
  MPI_Fint f_int = MPI_Type_c2f(MPI_INT), f_message = MPI_Message_c2f(MPI_MESSAGE_NO_PROC);
  LIVE_CHECK(MPI_Status_c2f(&status, f_status) == MPI_SUCCESS);
  live_cut(0);
  LIVE_CHECK(MPI_Comm_f2c(f_comm) == comm && MPI_Group_f2c(f_group) == group && MPI_Type_f2c(f_type) == type && MPI_Op_f2c(f_op) == op);
  LIVE_CHECK(MPI_Errhandler_f2c(f_handler) == handler && MPI_Info_f2c(f_info) == info && MPI_Win_f2c(f_win) == win);
  LIVE_CHECK(MPI_Type_f2c(f_int) == MPI_INT && MPI_Message_f2c(f_message) == MPI_MESSAGE_NO_PROC);
  LIVE_CHECK(MPI_Status_f2c(f_status, &back) == MPI_SUCCESS);
  MPI_Get_count(&back, MPI_INT, &count);
  LIVE_CHECK(back.MPI_SOURCE == peer && back.MPI_TAG == 2 && count == 1);
  MPI_Send(&out, 1, MPI_INT, peer, 3, MPI_Comm_f2c(f_comm));
  request = MPI_Request_f2c(f_request);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  LIVE_CHECK(value == 40 + peer);
  MPI_Allreduce(&out, &sum, 1, MPI_INT, MPI_Op_f2c(f_op), MPI_Comm_f2c(f_comm));
  LIVE_CHECK(sum == 81);
  live_mix_int(sum + count);
  MPI_Win_free(&win);
  MPI_Info_free(&info);
  MPI_Errhandler_free(&handler);
  MPI_Op_free(&op);
  MPI_Type_free(&type);
  MPI_Group_free(&group);
  MPI_Comm_free(&comm);
  return live_end();
}
