// SPDX-License-Identifier: Apache-2.0
// Shows: individual file pointers of a file opened by a relative name go on where they stood; offsets need none.
// live: ranks=2 cuts=all
#include "lib/file.h"

enum { block = 100 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_File file, own;
  MPI_Comm pair;
  MPI_Status status;
  MPI_Offset at, size;
  int out[block], in[block];
  MPI_Comm_dup(MPI_COMM_WORLD, &pair);
  LIVE_CHECK(MPI_File_open(pair, "individual.dat", MPI_MODE_CREATE | MPI_MODE_RDWR, MPI_INFO_NULL, &file) == 0);
  MPI_Comm_free(&pair);  // the file doesn't need it
  char name[64];
  snprintf(name, sizeof name, "own.%d", live_rank);
  own = file_opened(MPI_COMM_SELF, name, MPI_MODE_CREATE | MPI_MODE_EXCL | MPI_MODE_RDWR);
  file_ints(out, block, 1000 * live_rank);
  MPI_Offset mine = (MPI_Offset)live_rank * 3 * block * 4;
  LIVE_CHECK(MPI_File_seek(file, mine, MPI_SEEK_SET) == 0);
  LIVE_CHECK(MPI_File_write(file, out, block, MPI_INT, &status) == 0 && file_count(&status, MPI_INT) == block);
  LIVE_CHECK(MPI_File_write(own, out, 10, MPI_INT, MPI_STATUS_IGNORE) == 0);
  live_cut(0);
  LIVE_CHECK(MPI_File_get_position(file, &at) == 0 && at == mine + block * 4);
  file_ints(out, block, 1000 * live_rank + block);
  LIVE_CHECK(MPI_File_write(file, out, block, MPI_INT, MPI_STATUS_IGNORE) == 0);
  LIVE_CHECK(MPI_File_seek(file, -4, MPI_SEEK_CUR) == 0 && MPI_File_write(file, &mine, 1, MPI_LONG_LONG, &status) == 0);
  LIVE_CHECK(MPI_File_write_at(file, mine + 2 * block * 4 + 4, out + 2, block - 2, MPI_INT, &status) == 0);
  LIVE_CHECK(MPI_File_read_at(file, mine + 40, in, block, MPI_INT, &status) == 0 && file_count(&status, MPI_INT) == block);
  live_mix(in, sizeof in);
  LIVE_CHECK(MPI_File_seek(own, 20, MPI_SEEK_SET) == 0 && MPI_File_read(own, in, block, MPI_INT, &status) == 0);
  LIVE_CHECK(file_count(&status, MPI_INT) == 5 && in[0] == 1000 * live_rank + 5);  // the file ends there
  LIVE_CHECK(MPI_File_seek(own, 0, MPI_SEEK_END) == 0 && MPI_File_get_position(own, &at) == 0 && at == 40);
  LIVE_CHECK(MPI_File_get_size(own, &size) == 0 && size == 40);
  file_closed(&own);
  file_closed(&file);
  file_mix("individual.dat");
  file_mix("own.0");
  return live_end();
}
