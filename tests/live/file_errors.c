// SPDX-License-Identifier: Apache-2.0
// Shows: errors of files are returned with their classes by default; a handler of MPI_FILE_NULL is inherited by files opened
// later and called with their handles, before and after the cut.
// live: ranks=2 cuts=all
#include "lib/file.h"

static MPI_File expected;
static int calls, last;

static void handle(MPI_File* file, int* code, ...) {
  LIVE_CHECK(*file == expected);
  MPI_Error_class(*code, &last);
  calls++;
}

static int class_of(int code) {
  int kind = -1;
  MPI_Error_class(code, &kind);
  return kind;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_File file = MPI_FILE_NULL, plain = file_opened(MPI_COMM_WORLD, "plain.dat", MPI_MODE_CREATE | MPI_MODE_RDWR), kept = plain;
  MPI_Errhandler handler, found;
  int value = 0;
  LIVE_CHECK(class_of(MPI_File_open(MPI_COMM_WORLD, file_in_case("nothing"), MPI_MODE_RDONLY, MPI_INFO_NULL, &file)) == MPI_ERR_NO_SUCH_FILE);
  LIVE_CHECK(class_of(MPI_File_open(MPI_COMM_WORLD, file_in_case("x"), MPI_MODE_RDONLY | MPI_MODE_RDWR, MPI_INFO_NULL, &file)) == MPI_ERR_AMODE);
  LIVE_CHECK(class_of(MPI_File_delete(file_in_case("nothing"), MPI_INFO_NULL)) == MPI_ERR_NO_SUCH_FILE);
  MPI_File_create_errhandler(handle, &handler);
  LIVE_CHECK(MPI_File_get_errhandler(MPI_FILE_NULL, &found) == 0 && found == MPI_ERRORS_RETURN);
  LIVE_CHECK(MPI_File_set_errhandler(MPI_FILE_NULL, handler) == 0);
  file = file_opened(MPI_COMM_WORLD, "plain.dat", MPI_MODE_RDONLY);
  live_cut(0);
  expected = MPI_FILE_NULL;
  LIVE_CHECK(MPI_File_open(MPI_COMM_WORLD, file_in_case("nothing"), MPI_MODE_RDONLY, MPI_INFO_NULL, &kept) != 0);
  LIVE_CHECK(calls == 1 && last == MPI_ERR_NO_SUCH_FILE);
  expected = file;
  LIVE_CHECK(class_of(MPI_File_write_at(file, 0, &value, 1, MPI_INT, MPI_STATUS_IGNORE)) == last && calls == 2);
  LIVE_CHECK(class_of(MPI_File_read_at(file, 0, &value, -1, MPI_INT, MPI_STATUS_IGNORE)) == MPI_ERR_COUNT && calls == 3);
  LIVE_CHECK(class_of(MPI_File_read_at(file, 0, &value, 1, MPI_DATATYPE_NULL, MPI_STATUS_IGNORE)) == MPI_ERR_TYPE && calls == 4);
  LIVE_CHECK(class_of(MPI_File_set_view(file, 0, MPI_INT, MPI_INT, "none", MPI_INFO_NULL)) == MPI_ERR_UNSUPPORTED_DATAREP && calls == 5);
  MPI_File_call_errhandler(file, MPI_ERR_QUOTA);
  LIVE_CHECK(calls == 6 && last == MPI_ERR_QUOTA);
  LIVE_CHECK(MPI_File_get_errhandler(plain, &found) == 0 && found == MPI_ERRORS_RETURN);
  LIVE_CHECK(MPI_File_read_at(plain, 0, &value, -1, MPI_INT, MPI_STATUS_IGNORE) != 0 && calls == 6);
  file_closed(&file);
  file_closed(&plain);
  expected = MPI_FILE_NULL;
  LIVE_CHECK(MPI_File_close(&file) != 0 && calls == 7);
  live_mix_int(calls);
  return live_end();
}
