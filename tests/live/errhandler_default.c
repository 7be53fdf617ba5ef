// SPDX-License-Identifier: Apache-2.0
// Shows: what becomes of errors where nobody has set a handler, of the code that a handler changes, and of freed handles,
// each as the application's MPI has it, before and after the cut.
// live: ranks=2 cuts=all
#include "lib/live.h"

static int calls;

static void forgive(MPI_Comm* comm, int* code, ...) {
  (void)comm;
  *code = MPI_SUCCESS;
  calls++;
}

static void errors(MPI_Comm before, MPI_Comm forgiving) {
  int value = 0;
  int code = MPI_Send(&value, 1, MPI_INT, 1000, 0, forgiving);
#ifdef MPICH_VERSION
  LIVE_CHECK(code == MPI_SUCCESS);
  int kind = 0;
  MPI_Error_class(MPI_Send(&value, 1, MPI_INT, 1000, 0, before), &kind);  // MPI_COMM_WORLD's handler, which is set later
  LIVE_CHECK(kind == MPI_ERR_RANK);
  MPI_Comm dup, copy;
  MPI_Comm_dup(MPI_COMM_WORLD, &dup);
  copy = dup;
  MPI_Comm_free(&dup);
  LIVE_CHECK(MPI_Barrier(copy) != MPI_SUCCESS);
#else
  LIVE_CHECK(code != MPI_SUCCESS && before != MPI_COMM_NULL);
#endif
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Comm before, forgiving, cart = MPI_COMM_WORLD;
  MPI_Errhandler handler, found;
  MPI_Comm_dup(MPI_COMM_WORLD, &before);
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_get_errhandler(before, &found);
  LIVE_CHECK(found == MPI_ERRORS_ARE_FATAL);
  MPI_Comm_dup(MPI_COMM_WORLD, &forgiving);
  MPI_Comm_get_errhandler(forgiving, &found);
  LIVE_CHECK(found == MPI_ERRORS_RETURN);
  MPI_Comm_create_errhandler(forgive, &handler);
  MPI_Comm_set_errhandler(forgiving, handler);
  MPI_Errhandler_free(&handler);
  errors(before, forgiving);
  live_cut(0);
  errors(before, forgiving);
  int too_large[2] = {100, 100}, periods[2] = {0, 0};
  LIVE_CHECK(MPI_Cart_create(MPI_COMM_WORLD, 2, too_large, periods, 0, &cart) != MPI_SUCCESS);
#ifdef MPICH_VERSION
  LIVE_CHECK(cart == MPI_COMM_NULL);
#endif
  LIVE_CHECK(calls == 2);
  MPI_Comm_free(&before);
  MPI_Comm_free(&forgiving);
  return live_end();
}
