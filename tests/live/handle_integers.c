// SPDX-License-Identifier: Apache-2.0
// Shows: the integers of MPI 5.0's MPI_X_toint name the same live objects after the cut, and MPI_Abi_* answer as before.
// Natively, where there are no such functions, only the objects are made.
// live: ranks=2 cuts=all abi
#include "lib/every_class.h"

#if defined(OPEN_MPI) || defined(MPICH_VERSION)
#define HAVE_INTEGERS 0
#else
#define HAVE_INTEGERS 1
#endif

#if HAVE_INTEGERS
static int kept[9];
static void keep(const struct objects* o) {
  kept[0] = MPI_Comm_toint(o->comm);
  kept[1] = MPI_Group_toint(o->group);
  kept[2] = MPI_Type_toint(o->type);
  kept[3] = MPI_Op_toint(o->op);
  kept[4] = MPI_Errhandler_toint(o->handler);
  kept[5] = MPI_Info_toint(o->info);
  kept[6] = MPI_Win_toint(o->win);
  kept[7] = MPI_Request_toint(o->request);
  kept[8] = MPI_Message_toint(MPI_MESSAGE_NO_PROC);
}
static void compare(const struct objects* o) {
  LIVE_CHECK(MPI_Comm_fromint(kept[0]) == o->comm && MPI_Group_fromint(kept[1]) == o->group && MPI_Type_fromint(kept[2]) == o->type);
  LIVE_CHECK(MPI_Op_fromint(kept[3]) == o->op && MPI_Errhandler_fromint(kept[4]) == o->handler && MPI_Info_fromint(kept[5]) == o->info);
  LIVE_CHECK(MPI_Win_fromint(kept[6]) == o->win && MPI_Request_fromint(kept[7]) == o->request && MPI_Message_fromint(kept[8]) == MPI_MESSAGE_NO_PROC);
  LIVE_CHECK(MPI_File_fromint(MPI_File_toint(MPI_FILE_NULL)) == MPI_FILE_NULL);
  LIVE_CHECK(MPI_Session_fromint(MPI_Session_toint(MPI_SESSION_NULL)) == MPI_SESSION_NULL);
}
static void ask_abi(void) {
  int major = -1, minor = -1, flag = 0, is_true = -1, is_false = -1;
  char value[16];
  MPI_Info info;
  LIVE_CHECK(MPI_Abi_get_version(&major, &minor) == MPI_SUCCESS && major == 1);
  LIVE_CHECK(MPI_Abi_get_info(&info) == MPI_SUCCESS);
  MPI_Info_get(info, "mpi_aint_size", 15, value, &flag);
  LIVE_CHECK(flag && strcmp(value, "8") == 0);
  MPI_Info_free(&info);
  LIVE_CHECK(MPI_Abi_get_fortran_info(&info) == MPI_SUCCESS);
  LIVE_CHECK(MPI_Abi_set_fortran_info(info) != MPI_SUCCESS);  // known already
  if (info != MPI_INFO_NULL) MPI_Info_free(&info);
  LIVE_CHECK(MPI_Abi_get_fortran_booleans((int)sizeof(int), &is_true, &is_false, &flag) == MPI_SUCCESS);
  LIVE_CHECK(flag && is_true != is_false);
  LIVE_CHECK(MPI_Abi_set_fortran_booleans((int)sizeof(int), &is_true, &is_false) != MPI_SUCCESS);
}
#else
#define keep(...)
#define compare(...)
#define ask_abi()
#endif

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int peer = live_rank ^ 1, out = 7 + live_rank;
  struct objects o = {.value = -1};
  make_objects(&o, peer);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  keep(&o);
  ask_abi();
  live_cut(0);
  compare(&o);
  ask_abi();
  MPI_Send(&out, 1, MPI_INT, peer, 3, o.comm);
  MPI_Wait(&o.request, MPI_STATUS_IGNORE);
  LIVE_CHECK(o.value == 7 + peer);
  live_mix_int(o.value);
  free_objects(&o);
  return live_end();
}
