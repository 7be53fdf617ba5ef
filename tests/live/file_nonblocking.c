// SPDX-License-Identifier: Apache-2.0
// Shows: nonblocking accesses of every kind that were started before the cut are waited for after it.
// live: ranks=2 cuts=all,all
#include "lib/file.h"

enum { block = 25, kinds = 4 };

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int amode = MPI_MODE_CREATE | MPI_MODE_RDWR, out[kinds][block], in[kinds][block], flag = 0, turn[block];
  MPI_File file = file_opened(MPI_COMM_WORLD, "file.dat", amode), shared = file_opened(MPI_COMM_WORLD, "shared.dat", amode);
  MPI_Request requests[kinds], single;
  MPI_Status statuses[kinds], status;
  MPI_Offset piece = block * 4, mine = piece * kinds * live_rank;
  for (int k = 0; k < kinds; k++) file_ints(out[k], block, 1000 * live_rank + 100 * k);
  LIVE_CHECK(MPI_File_seek(file, mine, MPI_SEEK_SET) == 0);
  LIVE_CHECK(MPI_File_iwrite(file, out[0], block, MPI_INT, &requests[0]) == 0);
  LIVE_CHECK(MPI_File_iwrite_at(file, mine + piece, out[1], block, MPI_INT, &requests[1]) == 0);
  LIVE_CHECK(MPI_File_iwrite_at_all(file, mine + 2 * piece, out[2], block, MPI_INT, &requests[2]) == 0);
  LIVE_CHECK(MPI_File_seek(file, mine + 3 * piece, MPI_SEEK_SET) == 0);
  LIVE_CHECK(MPI_File_iwrite_all(file, out[3], block, MPI_INT, &requests[3]) == 0);
  LIVE_CHECK(live_rank != 1 || MPI_File_iwrite_shared(shared, out[0], block, MPI_INT, &single) == 0);
  live_cut(0);
  LIVE_CHECK(MPI_Waitall(kinds, requests, statuses) == 0);
  for (int k = 0; k < kinds; k++) LIVE_CHECK(file_count(&statuses[k], MPI_INT) == block && requests[k] == MPI_REQUEST_NULL);
  if (live_rank == 1) LIVE_CHECK(MPI_Wait(&single, &status) == 0 && file_count(&status, MPI_INT) == block);
  MPI_Barrier(MPI_COMM_WORLD);  // Open MPI's rank 0 seeks without asking who still writes
  LIVE_CHECK(MPI_File_seek_shared(shared, 0, MPI_SEEK_SET) == 0);
  MPI_Barrier(MPI_COMM_WORLD);
  LIVE_CHECK(MPI_File_seek(file, mine, MPI_SEEK_SET) == 0);
  LIVE_CHECK(MPI_File_iread(file, in[0], block, MPI_INT, &requests[0]) == 0);
  LIVE_CHECK(MPI_File_iread_at(file, mine + piece, in[1], block, MPI_INT, &requests[1]) == 0);
  LIVE_CHECK(MPI_File_iread_at_all(file, mine + 2 * piece, in[2], block, MPI_INT, &requests[2]) == 0);
  LIVE_CHECK(MPI_File_seek(file, mine + 3 * piece, MPI_SEEK_SET) == 0);
  LIVE_CHECK(MPI_File_iread_all(file, in[3], block, MPI_INT, &requests[3]) == 0);
  LIVE_CHECK(live_rank != 0 || MPI_File_iread_shared(shared, turn, block, MPI_INT, &single) == 0);
  live_cut(1);
  for (int k = 0; k < kinds; k++) {
    for (flag = 0; !flag;) LIVE_CHECK(MPI_Test(&requests[k], &flag, &status) == 0);
    LIVE_CHECK(file_count(&status, MPI_INT) == block);
  }
  LIVE_CHECK(memcmp(in, out, sizeof in) == 0);
  if (live_rank == 0) LIVE_CHECK(MPI_Wait(&single, MPI_STATUS_IGNORE) == 0 && turn[0] == 1000 && turn[block - 1] == 1000 + block - 1);
  file_closed(&shared);
  file_closed(&file);
  file_mix("file.dat");
  file_mix("shared.dat");
  return live_end();
}
