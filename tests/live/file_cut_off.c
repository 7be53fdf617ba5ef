// SPDX-License-Identifier: Apache-2.0
// Shows: with mana_restart --files truncate, what a killed job wrote behind the end that its files had at the checkpoint is cut off, of files of
// MPI and of others; a file that was empty at the checkpoint is made again when it is gone. The runner writes in the job's place.
// live: ranks=2 cuts=all restart=--files=truncate
#include "lib/file.h"

enum { block = 16 };

static void leave_orders_for_the_gap(void) {
  FILE* orders = file_orders_for_the_gap();
  fprintf(orders, "printf later--- >>'%s'\n", file_in_case("shared.dat"));
  fprintf(orders, "printf later--- >>'%s'\n", file_in_case("log"));
  fprintf(orders, "printf kept >>'%s'\n", file_in_case("input"));
  fprintf(orders, "rm -f '%s'\n", file_in_case("empty"));
  LIVE_CHECK(fclose(orders) == 0);
}

static int opened(const char* name, int flags) {
  int fd = open(file_in_case(name), flags, 0640);
  LIVE_CHECK(fd >= 0);
  return fd;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int out[block], log = -1, input = -1, empty = -1;
  MPI_Status status;
  MPI_File shared = file_opened(MPI_COMM_WORLD, "shared.dat", MPI_MODE_CREATE | MPI_MODE_RDWR);
  file_ints(out, block, 1000 * live_rank);
  LIVE_CHECK(MPI_File_write_ordered(shared, out, block, MPI_INT, &status) == 0);
  MPI_Barrier(MPI_COMM_WORLD);  // all have written: the size is what the checks below want
  if (live_rank == 0) {
    log = opened("log", O_CREAT | O_APPEND | O_WRONLY);
    LIVE_CHECK(write(log, "before\n", 7) == 7);
    int made = opened("input", O_CREAT | O_WRONLY);
    LIVE_CHECK(write(made, "given", 5) == 5 && close(made) == 0);
    input = opened("input", O_RDONLY);
    empty = opened("empty", O_CREAT | O_EXCL | O_WRONLY);
    leave_orders_for_the_gap();
  }
  live_cut(0);
  MPI_Offset size = 0;
  LIVE_CHECK(MPI_File_get_size(shared, &size) == 0 && size == (MPI_Offset)sizeof out * live_size);
  MPI_Barrier(MPI_COMM_WORLD);
  LIVE_CHECK(MPI_File_write_ordered(shared, out, 1, MPI_INT, &status) == 0);
  file_closed(&shared);
  if (live_rank == 0) {
    char text[8] = "";
    LIVE_CHECK(write(log, "after\n", 6) == 6 && close(log) == 0);
    LIVE_CHECK(read(input, text, 5) == 5 && memcmp(text, "given", 5) == 0 && close(input) == 0);
    LIVE_CHECK(write(empty, "x", 1) == 1 && close(empty) == 0);
  }
  file_mix("shared.dat");
  file_mix("log");
  file_mix("empty");
  return live_end();
}
