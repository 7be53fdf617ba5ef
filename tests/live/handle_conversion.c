// SPDX-License-Identifier: Apache-2.0
// Shows: the Fortran integers of live objects of every class name the same objects after the cut, and so do statuses in Fortran's form.
// live: ranks=2 cuts=all
#include "lib/every_class.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int peer = live_rank ^ 1, out = 40 + live_rank, sum = 0, count = 0;
  struct objects o = {.value = -1};
  MPI_Status status, back;
  MPI_Fint f_status[16];
  make_objects(&o, peer);
  MPI_Sendrecv(&out, 1, MPI_INT, peer, 2, &sum, 1, MPI_INT, peer, 2, o.comm, &status);
  MPI_Fint f_comm = MPI_Comm_c2f(o.comm), f_group = MPI_Group_c2f(o.group), f_type = MPI_Type_c2f(o.type), f_op = MPI_Op_c2f(o.op);
  MPI_Fint f_handler = MPI_Errhandler_c2f(o.handler), f_info = MPI_Info_c2f(o.info), f_win = MPI_Win_c2f(o.win);
  MPI_Fint f_request = MPI_Request_c2f(o.request), f_int = MPI_Type_c2f(MPI_INT), f_message = MPI_Message_c2f(MPI_MESSAGE_NO_PROC);
  LIVE_CHECK(MPI_Status_c2f(&status, f_status) == MPI_SUCCESS);
  live_cut(0);
  LIVE_CHECK(MPI_Comm_f2c(f_comm) == o.comm && MPI_Group_f2c(f_group) == o.group && MPI_Type_f2c(f_type) == o.type && MPI_Op_f2c(f_op) == o.op);
  LIVE_CHECK(MPI_Errhandler_f2c(f_handler) == o.handler && MPI_Info_f2c(f_info) == o.info && MPI_Win_f2c(f_win) == o.win);
  LIVE_CHECK(MPI_Type_f2c(f_int) == MPI_INT && MPI_Message_f2c(f_message) == MPI_MESSAGE_NO_PROC);
  LIVE_CHECK(MPI_Status_f2c(f_status, &back) == MPI_SUCCESS);
  MPI_Get_count(&back, MPI_INT, &count);
  LIVE_CHECK(back.MPI_SOURCE == peer && back.MPI_TAG == 2 && count == 1);
  MPI_Send(&out, 1, MPI_INT, peer, 3, MPI_Comm_f2c(f_comm));
  o.request = MPI_Request_f2c(f_request);
  MPI_Wait(&o.request, MPI_STATUS_IGNORE);
  LIVE_CHECK(o.value == 40 + peer);
  MPI_Allreduce(&out, &sum, 1, MPI_INT, MPI_Op_f2c(f_op), MPI_Comm_f2c(f_comm));
  LIVE_CHECK(sum == 81);
  live_mix_int(sum + count);
  free_objects(&o);
  return live_end();
}
