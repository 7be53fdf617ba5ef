// SPDX-License-Identifier: Apache-2.0
// Shows: views of derived types (interleaved vector, subarray) whose handles were freed stay in force, with their pointers.
// live: ranks=2 cuts=all abi over-abi
#include "lib/file.h"

enum { rows = 8, columns = 12, part = 6 };

static MPI_Datatype interleaved(void) {
  MPI_Datatype vector, type;
  MPI_Type_vector(4, 3, 3 * live_size, MPI_INT, &vector);
  MPI_Type_create_resized(vector, 0, 4L * 3 * live_size * 4, &type);
  MPI_Type_free(&vector);
  MPI_Type_commit(&type);
  return type;
}

static MPI_Datatype half(void) {
  int sizes[2] = {rows, columns}, parts[2] = {rows, part}, starts[2] = {0, part * (live_rank % 2)};
  MPI_Datatype type;
  MPI_Type_create_subarray(2, sizes, parts, starts, MPI_ORDER_C, MPI_DOUBLE, &type);
  MPI_Type_commit(&type);
  return type;
}

static void set_view(MPI_File file, MPI_Offset disp, MPI_Datatype etype, MPI_Datatype filetype) {
  LIVE_CHECK(MPI_File_set_view(file, disp, etype, filetype, "native", MPI_INFO_NULL) == 0);
  MPI_Type_free(&filetype);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_File woven = file_opened(MPI_COMM_WORLD, "woven.dat", MPI_MODE_CREATE | MPI_MODE_RDWR);
  MPI_File matrix = file_opened(MPI_COMM_WORLD, "matrix.dat", MPI_MODE_CREATE | MPI_MODE_RDWR);
  int out[60], in[60];
  double tile[rows * part], back[rows * part];
  MPI_Status status;
  set_view(woven, 16 + 12 * live_rank, MPI_INT, interleaved());
  set_view(matrix, 64, MPI_DOUBLE, half());
  file_ints(out, 60, 1000 * (live_rank + 1));
  LIVE_CHECK(MPI_File_write(woven, out, 20, MPI_INT, &status) == 0 && file_count(&status, MPI_INT) == 20);
  for (int i = 0; i < rows * part; i++) tile[i] = live_rank * 100 + i / 7.0;
  live_cut(0);
  LIVE_CHECK(MPI_File_write(woven, out + 20, 40, MPI_INT, &status) == 0);
  LIVE_CHECK(MPI_File_write_all(matrix, tile, rows * part, MPI_DOUBLE, &status) == 0 && file_count(&status, MPI_DOUBLE) == rows * part);
  MPI_Offset at, disp;
  LIVE_CHECK(MPI_File_get_position(woven, &at) == 0 && at == 60);
  LIVE_CHECK(MPI_File_get_byte_offset(woven, 5, &disp) == 0);
  live_mix_int(disp);
  LIVE_CHECK(MPI_File_read_at(woven, 0, in, 60, MPI_INT, &status) == 0 && memcmp(in, out, sizeof in) == 0);
  MPI_Datatype etype, filetype;
  char datarep[MPI_MAX_DATAREP_STRING];
  int numbers[3], combiner;
  LIVE_CHECK(MPI_File_get_view(matrix, &disp, &etype, &filetype, datarep) == 0);
  MPI_Type_get_envelope(filetype, &numbers[0], &numbers[1], &numbers[2], &combiner);
  LIVE_CHECK(disp == 64 && etype == MPI_DOUBLE && combiner != MPI_COMBINER_NAMED && strcmp(datarep, "native") == 0);
  MPI_Type_free(&filetype);
  LIVE_CHECK(MPI_File_seek(matrix, 0, MPI_SEEK_SET) == 0 && MPI_File_read_all(matrix, back, rows * part, MPI_DOUBLE, &status) == 0);
  LIVE_CHECK(memcmp(back, tile, sizeof tile) == 0);
  file_closed(&matrix);
  file_closed(&woven);
  file_mix("woven.dat");
  file_mix("matrix.dat");
  return live_end();
}
