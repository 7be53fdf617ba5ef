// SPDX-License-Identifier: Apache-2.0
// Shared by the programs about MPI files: where they lie, and their bytes as anybody else sees them.
#ifndef MANA_TESTS_FILE_H
#define MANA_TESTS_FILE_H

#include "live.h"

static char file_path[4096];

/// The absolute name of a file of this case, the same on every rank. Valid until the next call.
LIVE_FUNCTION const char* file_in_case(const char* name) {
  const char* directory = getenv("LIVE_CASE_DIR");
  snprintf(file_path, sizeof file_path, "%s/%s", directory ? directory : ".", name);
  return file_path;
}

/// A shell script that the runner executes between the end of a job and its restart; close it when it is written.
LIVE_FUNCTION FILE* file_orders_for_the_gap(void) {
  FILE* orders = fopen(file_in_case("between.sh"), "w");
  LIVE_CHECK(orders);
  return orders;
}

LIVE_FUNCTION MPI_File file_opened(MPI_Comm comm, const char* name, int amode) {
  MPI_File file;
  LIVE_CHECK(MPI_File_open(comm, file_in_case(name), amode, MPI_INFO_NULL, &file) == MPI_SUCCESS);
  return file;
}

LIVE_FUNCTION void file_closed(MPI_File* file) {
  LIVE_CHECK(MPI_File_close(file) == MPI_SUCCESS && *file == MPI_FILE_NULL);
}

LIVE_FUNCTION int file_count(const MPI_Status* status, MPI_Datatype type) {
  int count = -1;
  MPI_Get_count(status, type, &count);
  return count;
}

/// `count` ints from `first` on in steps of one.
LIVE_FUNCTION void file_ints(int* values, int count, int first) {
  for (int i = 0; i < count; i++) values[i] = first + i;
}

/// Reads a closed file without MPI: its size and bytes go into every rank's checksum.
LIVE_FUNCTION void file_mix(const char* name) {
  MPI_Barrier(MPI_COMM_WORLD);
  unsigned char bytes[4096];
  long long size = 0;
  int fd = open(file_in_case(name), O_RDONLY);
  LIVE_CHECK(fd >= 0);
  for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0; size += n) live_mix(bytes, (size_t)n);
  close(fd);
  live_mix_int(size);
}

#endif
