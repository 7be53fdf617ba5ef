// SPDX-License-Identifier: Apache-2.0
// Shows: a file to be deleted on close survives the end of a checkpointed job, and goes with its close.
// live: ranks=2 cuts=all
#include "lib/file.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int amode = MPI_MODE_CREATE | MPI_MODE_EXCL | MPI_MODE_RDWR | MPI_MODE_DELETE_ON_CLOSE, value = live_rank, found = 0;
  MPI_File file = file_opened(MPI_COMM_WORLD, "brief.dat", amode);
  LIVE_CHECK(MPI_File_write_at(file, 4 * live_rank, &value, 1, MPI_INT, MPI_STATUS_IGNORE) == 0);
  MPI_Barrier(MPI_COMM_WORLD);
  live_cut(0);
  LIVE_CHECK(live_exists(file_in_case("brief.dat")));
  LIVE_CHECK(MPI_File_get_amode(file, &found) == 0 && found == amode);
  LIVE_CHECK(MPI_File_read_at(file, 4, &value, 1, MPI_INT, MPI_STATUS_IGNORE) == 0 && value == 1);
  file_closed(&file);
  MPI_Barrier(MPI_COMM_WORLD);
  LIVE_CHECK(!live_exists(file_in_case("brief.dat")));
  live_mix_int(value);
  return live_end();
}
