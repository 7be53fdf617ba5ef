// SPDX-License-Identifier: Apache-2.0
// Shows: a file with a view in the external32 representation goes on in it; registered names are remembered.
// live: ranks=2 cuts=all
#include "lib/file.h"

static int extent(MPI_Datatype type, MPI_Aint* bytes, void* state) {
  (void)state;
  MPI_Aint lower;
  return MPI_Type_get_extent(type, &lower, bytes);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_File file = file_opened(MPI_COMM_WORLD, "external.dat", MPI_MODE_CREATE | MPI_MODE_RDWR);
  int out[8], in[8], kind = 0;
  MPI_Register_datarep("own", NULL, NULL, extent, NULL);
  LIVE_CHECK(MPI_File_set_view(file, 0, MPI_INT, MPI_INT, "external32", MPI_INFO_NULL) == 0);
  file_ints(out, 8, 100 * live_rank);
  LIVE_CHECK(MPI_File_write_at(file, 8 * live_rank, out, 4, MPI_INT, MPI_STATUS_IGNORE) == 0);
  live_cut(0);
  LIVE_CHECK(MPI_File_write_at(file, 8 * live_rank + 4, out + 4, 4, MPI_INT, MPI_STATUS_IGNORE) == 0);
  LIVE_CHECK(MPI_File_read_at(file, 8 * live_rank, in, 8, MPI_INT, MPI_STATUS_IGNORE) == 0 && memcmp(in, out, sizeof in) == 0);
  MPI_Error_class(MPI_Register_datarep("own", NULL, NULL, extent, NULL), &kind);
  LIVE_CHECK(kind == MPI_ERR_DUP_DATAREP);
  MPI_Error_class(MPI_File_set_view(file, 0, MPI_INT, MPI_INT, "own", MPI_INFO_NULL), &kind);
  LIVE_CHECK(kind == MPI_ERR_UNSUPPORTED_DATAREP);  // by both MPIs
  file_closed(&file);
  file_mix("external.dat");
  return live_end();
}
