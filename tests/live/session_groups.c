// SPDX-License-Identifier: Apache-2.0
// Shows: a session beside the world model, its error handler, its Fortran integer and an intercommunicator made from two of its groups
// live on after the cut.
// live: ranks=3 cuts=all apps=mpich abi
#include "lib/live.h"

#if !defined(OPEN_MPI) && !defined(MPICH_VERSION)
typedef int MPI_Fint;  // the standard ABI's integers for handles have other names
#define MPI_Session_c2f(session) MPI_Session_toint(session)
#define MPI_Session_f2c(number) MPI_Session_fromint(number)
#endif

static void on_error(MPI_Session* session, int* code, ...) { (void)session, (void)code; }

/// Rank 0 on one side, the others on the other.
static void make_groups(MPI_Session session, MPI_Group* mine, MPI_Group* other) {
  MPI_Group all, sides[2];
  int first[1] = {0};
  MPI_Group_from_session_pset(session, "mpi://WORLD", &all);
  MPI_Group_incl(all, 1, first, &sides[0]);
  MPI_Group_excl(all, 1, first, &sides[1]);
  *mine = sides[live_rank != 0];
  *other = sides[live_rank == 0];
  MPI_Group_free(&all);
}

static void use(MPI_Comm inter) {
  int mine = 10 + live_rank, sum = 0;
  MPI_Allreduce(&mine, &sum, 1, MPI_INT, MPI_SUM, inter);
  LIVE_CHECK(sum == (live_rank == 0 ? 23 : 10));
  live_mix_int(sum);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  int flag = 0;
  char level[64] = "";
  MPI_Session session;
  MPI_Errhandler handler, current;
  MPI_Group mine, other;
  MPI_Comm inter;
  MPI_Info info;
  MPI_Session_create_errhandler(on_error, &handler);
  MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_RETURN, &session);
  MPI_Session_set_errhandler(session, handler);
  MPI_Fint number = MPI_Session_c2f(session);
  make_groups(session, &mine, &other);
  MPI_Intercomm_create_from_groups(mine, 0, other, 0, "mana.groups", MPI_INFO_NULL, MPI_ERRORS_ARE_FATAL, &inter);
  use(inter);
  live_cut(0);
  use(inter);
  LIVE_CHECK(MPI_Session_f2c(number) == session);
  MPI_Session_get_errhandler(session, &current);
  LIVE_CHECK(current == handler);
  MPI_Session_get_info(session, &info);
  MPI_Info_get(info, "thread_level", sizeof level - 1, level, &flag);
  MPI_Info_free(&info);
  MPI_Comm_free(&inter);
  MPI_Group_free(&mine);
  MPI_Group_free(&other);
  MPI_Errhandler_free(&current);
  MPI_Errhandler_free(&handler);
  MPI_Session_finalize(&session);
  return live_end();
}
