// SPDX-License-Identifier: Apache-2.0
// Shows: collective accesses to two files, sizes and syncs go on after a restart; a checkpoint that is asked for while ranks
// are inside a collective access waits for it.
// live: ranks=2 cuts=all,late
#include "lib/file.h"

enum { block = 500 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_File first = file_opened(MPI_COMM_WORLD, "first.dat", MPI_MODE_CREATE | MPI_MODE_RDWR);
  MPI_File second = file_opened(MPI_COMM_WORLD, "second.dat", MPI_MODE_CREATE | MPI_MODE_RDWR);
  int out[block], in[block];
  MPI_Status status;
  MPI_Offset size, mine = (MPI_Offset)block * 4 * live_rank, all = (MPI_Offset)block * 4 * live_size;
  file_ints(out, block, 1000 * live_rank);
  LIVE_CHECK(MPI_File_write_at_all(first, mine, out, block, MPI_INT, &status) == 0 && file_count(&status, MPI_INT) == block);
  LIVE_CHECK(MPI_File_seek(second, mine, MPI_SEEK_SET) == 0 && MPI_File_write_all(second, out, block / 2, MPI_INT, &status) == 0);
  live_cut(0);
  LIVE_CHECK(MPI_File_write_all(second, out, block / 2, MPI_INT, &status) == 0);
  LIVE_CHECK(MPI_File_read_at_all(first, mine, in, block, MPI_INT, &status) == 0 && file_count(&status, MPI_INT) == block);
  LIVE_CHECK(memcmp(in, out, sizeof in) == 0);
  LIVE_CHECK(MPI_File_set_size(first, all + 100) == 0);
  LIVE_CHECK(MPI_File_get_size(first, &size) == 0 && size == all + 100);
  LIVE_CHECK(MPI_File_sync(first) == 0);
  live_cut_one(1);
  file_ints(out, block, 5000 + 1000 * live_rank);
  LIVE_CHECK(MPI_File_write_at_all(first, all - mine - block * 4, out, block, MPI_INT, &status) == 0);
  MPI_Barrier(MPI_COMM_WORLD);
  LIVE_CHECK(MPI_File_set_size(first, all) == 0);
  MPI_Barrier(MPI_COMM_WORLD);
  LIVE_CHECK(MPI_File_get_size(first, &size) == 0 && size == all);
  LIVE_CHECK(MPI_File_seek(first, mine, MPI_SEEK_SET) == 0 && MPI_File_read_all(first, in, block, MPI_INT, &status) == 0);
  live_mix(in, sizeof in);
  file_closed(&first);
  file_closed(&second);
  file_mix("first.dat");
  file_mix("second.dat");
  return live_end();
}
