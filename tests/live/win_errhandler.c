// SPDX-License-Identifier: Apache-2.0
// Shows: errors of calls on a window go to the window's error handler, set before the cut; wrong epochs are errors.
// live: ranks=2 cuts=all
#include "lib/live.h"

static MPI_Win own;
static int calls, last;

static void handle(MPI_Win* win, int* code, ...) {
  MPI_Error_class(*code, &last);
  LIVE_CHECK(*win == own);
  calls++;
}

static int class_of(int code) {
  int kind = 0;
  MPI_Error_class(code, &kind);
  return kind;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int memory[4] = {0, 0, 0, 0}, value = 1;
  MPI_Errhandler handler, found;
  MPI_Win_create(memory, sizeof memory, sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &own);
  MPI_Win_get_errhandler(own, &found);
  LIVE_CHECK(found == MPI_ERRORS_ARE_FATAL);
  MPI_Win_create_errhandler(handle, &handler);
  MPI_Win_set_errhandler(own, handler);
  live_cut(0);
  MPI_Win_lock_all(0, own);
  LIVE_CHECK(MPI_Put(&value, 1, MPI_INT, 99, 0, 1, MPI_INT, own) != MPI_SUCCESS);
  LIVE_CHECK(calls == 1 && last == MPI_ERR_RANK);
  MPI_Win_unlock_all(own);
  LIVE_CHECK(MPI_Put(&value, 1, MPI_INT, 0, 0, 1, MPI_INT, own) != MPI_SUCCESS);
  LIVE_CHECK(calls == 2 && last == MPI_ERR_RMA_SYNC);
  MPI_Win_get_errhandler(own, &found);
  LIVE_CHECK(found == handler);
  MPI_Errhandler_free(&found);
  MPI_Errhandler_free(&handler);
  MPI_Win_call_errhandler(own, MPI_ERR_RANK);
  LIVE_CHECK(calls == 3 && last == MPI_ERR_RANK);
  MPI_Win_set_errhandler(own, MPI_ERRORS_RETURN);
  LIVE_CHECK(class_of(MPI_Win_unlock(0, own)) == MPI_ERR_RMA_SYNC && calls == 3);
  live_mix_int(calls);
  MPI_Win_free(&own);
  return live_end();
}
