// SPDX-License-Identifier: Apache-2.0
// Shows: an attribute of MPI_COMM_SELF set before the cut is deleted first thing in Finalize.
// live: ranks=2 cuts=all
#include "lib/live.h"

static int drop(MPI_Comm comm, int key, void* value, void* extra) {
  (void)comm, (void)key, (void)extra;
  int finalized = -1;
  MPI_Finalized(&finalized);
  printf("OUT %d deleted %d %d\n", live_rank, *(int*)value, finalized);
  fflush(stdout);
  return MPI_SUCCESS;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  static int value = 321;
  int key = MPI_KEYVAL_INVALID;
  MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, drop, &key, NULL);
  MPI_Comm_set_attr(MPI_COMM_SELF, key, &value);
  MPI_Comm_free_keyval(&key);
  live_cut(0);
  return live_end();
}
