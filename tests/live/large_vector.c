// SPDX-License-Identifier: Apache-2.0
// Shows: large-count vector collectives, with counts that fit an int and with displacements that don't (into memory that is
// reserved but hardly touched), before and after the cut.
// live: ranks=2 cuts=all apps=mpich
#include "lib/live.h"

#include <sys/mman.h>

static void exchange(char* room, MPI_Aint far) {
  char mine[4];
  live_fill(mine, sizeof mine, live_rank);
  MPI_Count counts[2] = {4, 3}, ones[2] = {1, 2};
  MPI_Aint places[2] = {0, far}, near[2] = {0, 2};
  MPI_Count count = counts[live_rank];
  memset(room + far, 0, 4);
  MPI_Allgatherv_c(mine, count, MPI_CHAR, room, counts, places, MPI_CHAR, MPI_COMM_WORLD);
  live_mix(room, 4);
  live_mix(room + far, 3);
  MPI_Gatherv_c(mine, count, MPI_CHAR, room, counts, places, MPI_CHAR, 1, MPI_COMM_WORLD);
  live_mix(room + far, 3);
  MPI_Scatterv_c(room, counts, places, MPI_CHAR, mine, count, MPI_CHAR, 1, MPI_COMM_WORLD);
  live_mix(mine, count);
  MPI_Count in[2] = {live_rank + 1, live_rank + 1};
  MPI_Alltoallv_c(mine, ones, near, MPI_CHAR, room, in, places, MPI_CHAR, MPI_COMM_WORLD);
  live_mix(room + far, in[1]);
  MPI_Datatype types[2] = {MPI_CHAR, MPI_CHAR};
  MPI_Alltoallw_c(mine, ones, near, types, room, in, places, types, MPI_COMM_WORLD);
  live_mix(room + far, in[1]);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  const MPI_Aint far = 3000000000;
  char* room = mmap(NULL, far + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  LIVE_CHECK(room != MAP_FAILED);
  exchange(room, 100);
  exchange(room, far);
  live_cut(0);
  exchange(room, 100);
  exchange(room, far);
  return live_end();
}
