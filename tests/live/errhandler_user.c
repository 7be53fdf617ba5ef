// SPDX-License-Identifier: Apache-2.0
// Shows: a user error handler set before the cut is called after it with the program's communicator.
// live: ranks=2 cuts=all abi over-abi
#include "lib/live.h"

static MPI_Comm own;
static int calls;

static void handle(MPI_Comm* comm, int* code, ...) {
  int kind = 0;
  MPI_Error_class(*code, &kind);
  LIVE_CHECK(*comm == own && kind == MPI_ERR_RANK);
  calls++;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Errhandler handler, found;
  MPI_Comm_dup(MPI_COMM_WORLD, &own);
  MPI_Comm_create_errhandler(handle, &handler);
  MPI_Comm_set_errhandler(own, handler);
  live_cut(0);
  int value = 0;
  LIVE_CHECK(MPI_Send(&value, 1, MPI_INT, 99, 0, own) != MPI_SUCCESS);
  LIVE_CHECK(calls == 1);
  MPI_Comm_get_errhandler(own, &found);
  LIVE_CHECK(found == handler);
  MPI_Errhandler_free(&found);
  MPI_Errhandler_free(&handler);
  LIVE_CHECK(handler == MPI_ERRHANDLER_NULL);
  MPI_Send(&value, 1, MPI_INT, 99, 0, own);  // freed, yet still the communicator's
  LIVE_CHECK(calls == 2);
  MPI_Comm_call_errhandler(own, MPI_ERR_RANK);
  LIVE_CHECK(calls == 3);
  MPI_Comm_free(&own);
  live_mix_int(calls);
  return live_end();
}
