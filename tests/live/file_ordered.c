// SPDX-License-Identifier: Apache-2.0
// Shows: accesses in rank order by the shared pointer go on after a restart, in an ordinary and in a sequential file.
// live: ranks=2 cuts=all
#include "lib/file.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_File file = file_opened(MPI_COMM_WORLD, "ordered.dat", MPI_MODE_CREATE | MPI_MODE_RDWR);
  MPI_File tape = file_opened(MPI_COMM_WORLD, "tape.dat", MPI_MODE_CREATE | MPI_MODE_WRONLY | MPI_MODE_SEQUENTIAL);
  int out[40], in[40] = {0}, amode = 0, mine = 10 + live_rank;
  MPI_Status status;
  MPI_Offset at = -1;
  file_ints(out, 40, 1000 * live_rank);
  LIVE_CHECK(MPI_File_write_ordered(file, out, mine, MPI_INT, &status) == 0 && file_count(&status, MPI_INT) == mine);
  LIVE_CHECK(MPI_File_write_ordered(tape, out, 3, MPI_INT, &status) == 0);
  live_cut(0);
  LIVE_CHECK(MPI_File_write_ordered(file, out + 20, mine, MPI_INT, &status) == 0);
  MPI_Barrier(MPI_COMM_WORLD);
  LIVE_CHECK(MPI_File_get_position_shared(file, &at) == 0);
  live_mix_int(at);
  MPI_Barrier(MPI_COMM_WORLD);
  LIVE_CHECK(MPI_File_seek_shared(file, 8, MPI_SEEK_SET) == 0);
  LIVE_CHECK(MPI_File_read_ordered(file, in, mine, MPI_INT, &status) == 0 && file_count(&status, MPI_INT) == mine);
  live_mix(in, sizeof in);
  LIVE_CHECK(MPI_File_write_ordered(tape, out + 3, 2, MPI_INT, &status) == 0);
  MPI_Barrier(MPI_COMM_WORLD);
  LIVE_CHECK(MPI_File_set_view(tape, MPI_DISPLACEMENT_CURRENT, MPI_INT, MPI_INT, "native", MPI_INFO_NULL) == 0);
  LIVE_CHECK(MPI_File_write_ordered(tape, out + 5, 2, MPI_INT, &status) == 0);
  LIVE_CHECK(MPI_File_get_amode(tape, &amode) == 0 && amode == (MPI_MODE_CREATE | MPI_MODE_WRONLY | MPI_MODE_SEQUENTIAL));
  file_closed(&tape);
  file_closed(&file);
  file_mix("ordered.dat");
  file_mix("tape.dat");
  return live_end();
}
