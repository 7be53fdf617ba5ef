// SPDX-License-Identifier: Apache-2.0
// Shows: memory shared between ranks of a node, with a name and without one, is shared again after a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <sys/mman.h>

enum { bytes = 1 << 20 };

static char* map_object(const char* name) {
  int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
  LIVE_CHECK(fd >= 0 && ftruncate(fd, bytes) == 0);
  char* at = (char*)mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  LIVE_CHECK(at != MAP_FAILED);
  close(fd);
  return at;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int id = (int)getpid();
  MPI_Bcast(&id, 1, MPI_INT, 0, MPI_COMM_WORLD);
  char name[64], gone[64];
  snprintf(name, sizeof name, "/mana-live-%d", id);
  snprintf(gone, sizeof gone, "/mana-live-gone-%d", id);
  char *named = map_object(name), *nameless = map_object(gone);
  MPI_Barrier(MPI_COMM_WORLD);
  if (live_rank == 0) shm_unlink(gone);
  live_fill(named + live_rank * (bytes / 2), bytes / 2, 5 + (unsigned)live_rank);
  live_fill(nameless + live_rank * (bytes / 2), bytes / 2, 7 + (unsigned)live_rank);
  MPI_Barrier(MPI_COMM_WORLD);
  live_cut(0);
  for (unsigned r = 0; r < 2; ++r)
    LIVE_CHECK(live_has_fill(named + r * (bytes / 2), bytes / 2, 5 + r) && live_has_fill(nameless + r * (bytes / 2), bytes / 2, 7 + r));
  MPI_Barrier(MPI_COMM_WORLD);
  named[live_rank] = (char)(40 + live_rank);
  nameless[live_rank] = (char)(60 + live_rank);
  MPI_Barrier(MPI_COMM_WORLD);
  LIVE_CHECK(named[1 - live_rank] == 41 - live_rank && nameless[1 - live_rank] == 61 - live_rank);
  char* again = map_object(name);
  LIVE_CHECK(again[live_rank] == 40 + live_rank);
  MPI_Barrier(MPI_COMM_WORLD);
  if (live_rank == 0) shm_unlink(name);
  return live_end();
}
