// SPDX-License-Identifier: Apache-2.0
// Shows: ERRORS_RETURN set before the cut still holds; duplicates inherit it.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Comm dup, later;
  MPI_Errhandler found;
  int value = 0, kind = 0;
  MPI_Comm_get_errhandler(MPI_COMM_WORLD, &found);
  LIVE_CHECK(found == MPI_ERRORS_ARE_FATAL);
  MPI_Comm_dup(MPI_COMM_WORLD, &dup);
  MPI_Comm_set_errhandler(dup, MPI_ERRORS_RETURN);
  live_cut(0);
  MPI_Comm_get_errhandler(dup, &found);
  LIVE_CHECK(found == MPI_ERRORS_RETURN);
  MPI_Comm_dup(dup, &later);
  MPI_Error_class(MPI_Send(&value, 1, MPI_INT, 1000, 0, later), &kind);
  LIVE_CHECK(kind == MPI_ERR_RANK);
  MPI_Error_class(MPI_Send(&value, -1, MPI_INT, 0, 0, dup), &kind);
  LIVE_CHECK(kind == MPI_ERR_COUNT);
  MPI_Error_class(MPI_Send(&value, 1, MPI_INT, 0, -50, dup), &kind);
  LIVE_CHECK(kind == MPI_ERR_TAG);
  MPI_Error_class(MPI_Bcast(&value, 1, MPI_INT, 77, dup), &kind);
  LIVE_CHECK(kind == MPI_ERR_ROOT);
  MPI_Comm_free(&later);
  MPI_Comm_free(&dup);
  return live_end();
}
