// SPDX-License-Identifier: Apache-2.0
// Shows: a restart between the begin and the end of split collectives, writing and reading, by each kind of pointer.
// live: ranks=2 cuts=all,all
#include "lib/file.h"

enum { block = 30 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int amode = MPI_MODE_CREATE | MPI_MODE_RDWR, out[block], in[3][block];
  MPI_File offset = file_opened(MPI_COMM_WORLD, "offset.dat", amode), own = file_opened(MPI_COMM_WORLD, "own.dat", amode),
           shared = file_opened(MPI_COMM_WORLD, "shared.dat", amode);
  MPI_Status status;
  MPI_Offset mine = (MPI_Offset)block * 4 * live_rank, at = -1;
  file_ints(out, block, 1000 * live_rank);
  LIVE_CHECK(MPI_File_seek(own, mine, MPI_SEEK_SET) == 0);
  LIVE_CHECK(MPI_File_write_at_all_begin(offset, mine, out, block, MPI_INT) == 0);
  LIVE_CHECK(MPI_File_write_all_begin(own, out, block, MPI_INT) == 0);
  LIVE_CHECK(MPI_File_write_ordered_begin(shared, out, block, MPI_INT) == 0);
  live_cut(0);
  LIVE_CHECK(MPI_File_write_ordered_end(shared, out, &status) == 0 && file_count(&status, MPI_INT) == block);
  LIVE_CHECK(MPI_File_write_all_end(own, out, &status) == 0 && file_count(&status, MPI_INT) == block);
  LIVE_CHECK(MPI_File_write_at_all_end(offset, out, &status) == 0 && file_count(&status, MPI_INT) == block);
  LIVE_CHECK(MPI_File_get_position(own, &at) == 0 && at == mine + block * 4);
  MPI_Barrier(MPI_COMM_WORLD);
  LIVE_CHECK(MPI_File_seek(own, mine, MPI_SEEK_SET) == 0 && MPI_File_seek_shared(shared, 0, MPI_SEEK_SET) == 0);
  LIVE_CHECK(MPI_File_read_at_all_begin(offset, mine, in[0], block, MPI_INT) == 0);
  LIVE_CHECK(MPI_File_read_all_begin(own, in[1], block, MPI_INT) == 0);
  LIVE_CHECK(MPI_File_read_ordered_begin(shared, in[2], block, MPI_INT) == 0);
  live_cut(1);
  LIVE_CHECK(MPI_File_read_at_all_end(offset, in[0], &status) == 0 && file_count(&status, MPI_INT) == block);
  LIVE_CHECK(MPI_File_read_all_end(own, in[1], &status) == 0 && file_count(&status, MPI_INT) == block);
  LIVE_CHECK(MPI_File_read_ordered_end(shared, in[2], MPI_STATUS_IGNORE) == 0);
  for (int i = 0; i < 3; i++) LIVE_CHECK(memcmp(in[i], out, sizeof out) == 0);
  file_closed(&shared);
  file_closed(&own);
  file_closed(&offset);
  file_mix("offset.dat");
  file_mix("own.dat");
  file_mix("shared.dat");
  return live_end();
}
