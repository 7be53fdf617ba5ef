// SPDX-License-Identifier: Apache-2.0
// Shows: a shared file pointer goes on where it stood, also when only one rank has used it.
// live: ranks=2 cuts=all
#include "lib/file.h"

/// The ranks write `count` ints each by the shared pointer, in the order of their ranks.
static void take_turns(MPI_File file, int count, int first) {
  int out[64];
  file_ints(out, count, first + 100 * live_rank);
  for (int turn = 0; turn < live_size; turn++) {
    if (turn == live_rank) LIVE_CHECK(MPI_File_write_shared(file, out, count, MPI_INT, MPI_STATUS_IGNORE) == 0);
    MPI_Barrier(MPI_COMM_WORLD);
  }
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_File turns = file_opened(MPI_COMM_WORLD, "turns.dat", MPI_MODE_CREATE | MPI_MODE_RDWR);
  MPI_File single = file_opened(MPI_COMM_WORLD, "single.dat", MPI_MODE_CREATE | MPI_MODE_RDWR);
  int in[64] = {0}, mark[5] = {1, 2, 3, 4, 5};
  MPI_Offset at = -1;
  MPI_Status status;
  LIVE_CHECK(MPI_File_set_view(single, 8, MPI_INT, MPI_INT, "native", MPI_INFO_NULL) == 0);
  take_turns(turns, 10, 0);
  if (live_rank == 1) LIVE_CHECK(MPI_File_write_shared(single, mark, 5, MPI_INT, MPI_STATUS_IGNORE) == 0);
  MPI_Barrier(MPI_COMM_WORLD);
  live_cut(0);
  LIVE_CHECK(MPI_File_get_position_shared(single, &at) == 0 && at == 5);
  LIVE_CHECK(MPI_File_get_position(single, &at) == 0 && at == 0);
  LIVE_CHECK(MPI_File_get_position_shared(turns, &at) == 0 && at == 10 * 4 * live_size);
  MPI_Barrier(MPI_COMM_WORLD);
  take_turns(turns, 7, 50);
  take_turns(single, 3, 500);
  LIVE_CHECK(MPI_File_seek_shared(turns, 8, MPI_SEEK_SET) == 0);
  for (int turn = 0; turn < live_size; turn++) {
    if (turn == live_rank) LIVE_CHECK(MPI_File_read_shared(turns, in, 6, MPI_INT, &status) == 0 && file_count(&status, MPI_INT) == 6);
    MPI_Barrier(MPI_COMM_WORLD);
  }
  live_mix(in, sizeof in);
  file_closed(&single);
  file_closed(&turns);
  file_mix("turns.dat");
  file_mix("single.dat");
  return live_end();
}
