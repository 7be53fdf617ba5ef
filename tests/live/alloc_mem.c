// SPDX-License-Identifier: Apache-2.0
// Shows: memory of MPI_Alloc_mem keeps place and contents, and can be freed after a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  enum { bytes = 300000 };
  char* memory = NULL;
  MPI_Alloc_mem(bytes, MPI_INFO_NULL, &memory);
  live_fill(memory, bytes, 12);
  live_cut(0);
  LIVE_CHECK(live_has_fill(memory, bytes, 12));
  MPI_Bcast(memory, bytes, MPI_BYTE, 0, MPI_COMM_WORLD);
  MPI_Free_mem(memory);
  MPI_Alloc_mem(100, MPI_INFO_NULL, &memory);
  memset(memory, 1, 100);
  MPI_Free_mem(memory);
  return live_end();
}
