// SPDX-License-Identifier: Apache-2.0
// Shows: atomicity, hints, amode, group and Fortran handle of an open file are as before; its communicator was a subset.
// live: ranks=3 cuts=all
#include "lib/file.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm part;
  MPI_Comm_split(MPI_COMM_WORLD, live_rank == 0, -live_rank, &part);  // ranks 2, 1 and rank 0 alone
  char name[64];
  snprintf(name, sizeof name, "part.%d", live_rank == 0);
  MPI_Info hints, used;
  MPI_Info_create(&hints);
  MPI_Info_set(hints, "cb_buffer_size", "65536");
  MPI_Info_set(hints, "nobody_knows_this", "hint");
  MPI_File file;
  LIVE_CHECK(MPI_File_open(part, file_in_case(name), MPI_MODE_CREATE | MPI_MODE_RDWR | MPI_MODE_UNIQUE_OPEN, hints, &file) == 0);
  MPI_Info_set(hints, "cb_nodes", "1");
  LIVE_CHECK(MPI_File_set_info(file, hints) == 0);
  MPI_Info_free(&hints);
  LIVE_CHECK(MPI_File_set_atomicity(file, 1) == 0);
  MPI_Fint number = MPI_File_c2f(file);
  live_cut(0);
  LIVE_CHECK(MPI_File_f2c(number) == file && MPI_File_f2c(MPI_File_c2f(MPI_FILE_NULL)) == MPI_FILE_NULL);
  int flag = 0, amode = 0, members = 0, part_size = 0, result = -1, keys = -1;
  LIVE_CHECK(MPI_File_get_atomicity(file, &flag) == 0 && flag);
  LIVE_CHECK(MPI_File_get_amode(file, &amode) == 0 && amode == (MPI_MODE_CREATE | MPI_MODE_RDWR | MPI_MODE_UNIQUE_OPEN));
  MPI_Group group, expected;
  LIVE_CHECK(MPI_File_get_group(file, &group) == 0);
  MPI_Comm_group(part, &expected);
  MPI_Group_compare(group, expected, &result);
  MPI_Group_size(group, &members);
  MPI_Comm_size(part, &part_size);
  LIVE_CHECK(result == MPI_IDENT && members == part_size && members == (live_rank == 0 ? 1 : 2));
  MPI_Group_free(&group);
  MPI_Group_free(&expected);
  LIVE_CHECK(MPI_File_get_info(file, &used) == 0 && MPI_Info_get_nkeys(used, &keys) == 0 && keys >= 0);
  MPI_Info_free(&used);
  MPI_Aint extent = 0;
  LIVE_CHECK(MPI_File_get_type_extent(file, MPI_DOUBLE, &extent) == 0 && extent == 8);
  int out = 70 + live_rank, in = 0, rank;
  MPI_Comm_rank(part, &rank);
  LIVE_CHECK(MPI_File_write_at(file, 4 * rank, &out, 1, MPI_INT, MPI_STATUS_IGNORE) == 0);
  MPI_Barrier(part);
  LIVE_CHECK(MPI_File_read_at(file, 0, &in, 1, MPI_INT, MPI_STATUS_IGNORE) == 0 && in == (live_rank == 0 ? 70 : 72));
  LIVE_CHECK(MPI_File_set_atomicity(file, 0) == 0 && MPI_File_get_atomicity(file, &flag) == 0 && !flag);
  file_closed(&file);
  MPI_Comm_free(&part);
  file_mix("part.0");
  file_mix("part.1");
  return live_end();
}
