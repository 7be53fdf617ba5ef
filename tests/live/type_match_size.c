// SPDX-License-Identifier: Apache-2.0
// Shows: Type_match_size gives types of the right size before and after a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

static void ask(void) {
  MPI_Datatype type;
  int size = 0;
  MPI_Type_match_size(MPI_TYPECLASS_INTEGER, 8, &type);
  MPI_Type_size(type, &size);
  LIVE_CHECK(size == 8);
  MPI_Type_match_size(MPI_TYPECLASS_REAL, 4, &type);
  MPI_Type_size(type, &size);
  LIVE_CHECK(size == 4);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  ask();
  live_cut(0);
  ask();
  return live_end();
}
