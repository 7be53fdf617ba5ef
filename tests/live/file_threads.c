// SPDX-License-Identifier: Apache-2.0
// Shows: a second thread that writes files all the time, by its own, a shared and no pointer, is cut between two accesses.
// live: ranks=2 cuts=all
#include <pthread.h>

#include "lib/file.h"

enum { rounds = 120 };

static MPI_File own, common;

static void* write_always(void* unused) {
  for (int i = 0; i < rounds; i++) {
    int pair[2] = {i, 1000 * live_rank + i};
    LIVE_CHECK(MPI_File_write(own, pair, 1, MPI_INT, MPI_STATUS_IGNORE) == 0);
    LIVE_CHECK(MPI_File_write_shared(own, pair + 1, 1, MPI_INT, MPI_STATUS_IGNORE) == 0);
    LIVE_CHECK(MPI_File_write_at_all(common, 8 * (i * live_size + live_rank), pair, 2, MPI_INT, MPI_STATUS_IGNORE) == 0);
    live_work();
  }
  return unused;
}

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  live_begin(2);
  LIVE_CHECK(provided == MPI_THREAD_MULTIPLE);
  char name[64];
  snprintf(name, sizeof name, "own.%d", live_rank);
  common = file_opened(MPI_COMM_WORLD, "common.dat", MPI_MODE_CREATE | MPI_MODE_RDWR);
  own = file_opened(MPI_COMM_SELF, name, MPI_MODE_CREATE | MPI_MODE_RDWR);
  LIVE_CHECK(MPI_File_seek(own, rounds * 4, MPI_SEEK_SET) == 0);
  pthread_t writer;
  LIVE_CHECK(pthread_create(&writer, NULL, write_always, NULL) == 0);
  live_cut(0);
  pthread_join(writer, NULL);
  MPI_Offset at = -1;
  LIVE_CHECK(MPI_File_get_position(own, &at) == 0 && at == 2 * rounds * 4);
  LIVE_CHECK(MPI_File_get_position_shared(own, &at) == 0 && at == rounds * 4);
  file_closed(&own);
  file_closed(&common);
  file_mix("common.dat");
  file_mix("own.0");
  file_mix("own.1");
  return live_end();
}
