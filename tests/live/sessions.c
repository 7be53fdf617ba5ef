// SPDX-License-Identifier: Apache-2.0
// Shows: a program that uses sessions only; session, group of a process set and the communicator made of it live on after the cut.
// live: ranks=2 cuts=all apps=mpich abi
#include "lib/live.h"

static int errors;
static void on_error(MPI_Session* session, int* code, ...) {
  if (*session != MPI_SESSION_NULL && *code != MPI_SUCCESS) errors++;
}

int main(void) {
  MPI_Session session;
  MPI_Errhandler handler;
  MPI_Group group;
  MPI_Comm comm;
  MPI_Info info;
  int sets, length = 0, flag, sum = 0;
  MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_RETURN, &session);
  MPI_Session_create_errhandler(on_error, &handler);
  MPI_Session_set_errhandler(session, handler);
  MPI_Session_get_num_psets(session, MPI_INFO_NULL, &sets);
  LIVE_CHECK(sets >= 2);
  MPI_Session_get_nth_pset(session, MPI_INFO_NULL, 0, &length, NULL);
  char name[64];
  LIVE_CHECK(length == 12);
  MPI_Session_get_nth_pset(session, MPI_INFO_NULL, 0, &length, name);
  LIVE_CHECK(strcmp(name, "mpi://WORLD") == 0);
  MPI_Group_from_session_pset(session, name, &group);
  MPI_Comm_create_from_group(group, "mana.sessions", MPI_INFO_NULL, MPI_ERRORS_RETURN, &comm);
  MPI_Comm_rank(comm, &live_rank);
  MPI_Comm_size(comm, &live_size);
  LIVE_CHECK(live_size == 2);
  live_cut(0);
  int mine = live_rank + 5;
  MPI_Allreduce(&mine, &sum, 1, MPI_INT, MPI_SUM, comm);
  LIVE_CHECK(sum == 11);
  MPI_Session_get_pset_info(session, "mpi://SELF", &info);
  char value[16];
  MPI_Info_get(info, "mpi_size", 15, value, &flag);
  LIVE_CHECK(flag && strcmp(value, "1") == 0);
  MPI_Info_free(&info);
  MPI_Session_call_errhandler(session, MPI_ERR_OTHER);
  LIVE_CHECK(errors == 1);
  MPI_Comm again;
  MPI_Comm_create_from_group(group, "mana.again", MPI_INFO_NULL, MPI_ERRORS_RETURN, &again);
  MPI_Bcast(&mine, 1, MPI_INT, 1, again);
  LIVE_CHECK(mine == 6);
  live_mix_int(sum);
  live_pass();
  MPI_Comm_free(&again);
  MPI_Comm_free(&comm);
  MPI_Group_free(&group);
  MPI_Errhandler_free(&handler);
  MPI_Session_finalize(&session);
  return 0;
}
