// SPDX-License-Identifier: Apache-2.0
// Shows: MPI_File_preallocate enlarges a file once for all members, and later collective calls go on, before and after a restart. Compiled with MPICH
// only: natively over Open MPI 4.1.4 a member that sees the enlarged file already takes no part in the rest, and the next calls fail or hang.
// live: ranks=3 cuts=all apps=mpich
#include "lib/file.h"

enum { rounds = 15, block = 40 };

/// Enlarges, cuts off again and compares what is in the file.
static void rounds_of(MPI_File file, int first) {
  int out[block], in[block];
  MPI_Status status;
  MPI_Offset size, whole = (MPI_Offset)block * 4 * live_size;
  for (int i = first; i < first + rounds; i++) {
    file_ints(out, block, 1000 * i + 100 * live_rank);
    LIVE_CHECK(MPI_File_write_at_all(file, (MPI_Offset)block * 4 * live_rank, out, block, MPI_INT, &status) == 0);
    MPI_Barrier(MPI_COMM_WORLD);
    LIVE_CHECK(MPI_File_preallocate(file, whole + 300 + i) == 0);
    LIVE_CHECK(MPI_File_preallocate(file, whole / 2) == 0);  // is that large already
    MPI_Barrier(MPI_COMM_WORLD);
    LIVE_CHECK(MPI_File_get_size(file, &size) == 0 && size == whole + 300 + i);
    LIVE_CHECK(MPI_File_read_at_all(file, (MPI_Offset)block * 4 * live_rank, in, block, MPI_INT, &status) == 0 && file_count(&status, MPI_INT) == block);
    LIVE_CHECK(memcmp(in, out, sizeof in) == 0);
    MPI_Barrier(MPI_COMM_WORLD);
    if (i % 3 != 0) LIVE_CHECK(MPI_File_set_size(file, whole) == 0);
    live_mix(in, sizeof in);
  }
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_File file = file_opened(MPI_COMM_WORLD, "file.dat", MPI_MODE_CREATE | MPI_MODE_RDWR);
  rounds_of(file, 0);
  live_cut(0);
  rounds_of(file, rounds);
  file_closed(&file);
  file_mix("file.dat");
  return live_end();
}
