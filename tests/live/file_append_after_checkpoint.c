// SPDX-License-Identifier: Apache-2.0
// Shows: what a killed job wrote after its checkpoint stays in the file, and is written again in the same places: all
// pointers, those of MPI_MODE_APPEND too, stand where they stood at the checkpoint. The runner writes in the job's place.
// live: ranks=2 cuts=all
#include "lib/file.h"

enum { block = 16 };

/// What a continued job would do: overwrite and append, by its individual and by its shared pointer.
static void leave_orders_for_the_gap(void) {
  FILE* orders = file_orders_for_the_gap();
  fprintf(orders, "printf later--- >>'%s'\n", file_in_case("log.dat"));
  fprintf(orders, "printf later | dd of='%s' seek=%d bs=1 conv=notrunc status=none\n", file_in_case("plain.dat"), block * 4 + 3);
  LIVE_CHECK(fclose(orders) == 0);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int amode = MPI_MODE_CREATE | MPI_MODE_RDWR, out[block], kind = 0;
  MPI_Status status;
  MPI_Offset at = -1;
  MPI_File log = file_opened(MPI_COMM_WORLD, "log.dat", amode);
  file_ints(out, block, 1000 * live_rank);
  LIVE_CHECK(MPI_File_write_ordered(log, out, 2, MPI_INT, &status) == 0);
  file_closed(&log);
  log = file_opened(MPI_COMM_WORLD, "log.dat", MPI_MODE_APPEND | MPI_MODE_WRONLY);
  MPI_File plain = file_opened(MPI_COMM_WORLD, "plain.dat", amode);
  if (live_rank == 0) LIVE_CHECK(MPI_File_write(plain, out, block, MPI_INT, &status) == 0);
  if (live_rank == 0) leave_orders_for_the_gap();
  live_cut(0);
  LIVE_CHECK(MPI_File_get_position(log, &at) == 0 && at == 2 * 4 * live_size);
  LIVE_CHECK(MPI_File_get_position_shared(log, &at) == 0 && at == 2 * 4 * live_size);
  MPI_Barrier(MPI_COMM_WORLD);
  LIVE_CHECK(MPI_File_write_ordered(log, out, 3, MPI_INT, &status) == 0);
  MPI_Error_class(MPI_File_read_at(log, 0, out, 1, MPI_INT, &status), &kind);
  LIVE_CHECK(kind != MPI_SUCCESS);  // still for writing only
  if (live_rank == 0) LIVE_CHECK(MPI_File_write(plain, out + 1, block - 1, MPI_INT, &status) == 0);
  file_closed(&plain);
  file_closed(&log);
  file_mix("plain.dat");
  file_mix("log.dat");
  return live_end();
}
