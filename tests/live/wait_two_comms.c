// SPDX-License-Identifier: Apache-2.0
// Shows: ranks are inside collectives of different overlapping communicators when the checkpoint is asked for.
// live: ranks=4 cuts=late,all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 4);
  MPI_Comm row, column;
  MPI_Comm_split(MPI_COMM_WORLD, live_rank / 2, live_rank, &row);
  MPI_Comm_split(MPI_COMM_WORLD, live_rank % 2, live_rank, &column);
  int value = 1 + live_rank, sum = 0;
  live_cut_one(0);
  // Rank 1 waits for rank 0 in its row, rank 2 for rank 0 in its column, rank 3 for ranks 1 and 2.
  if (live_rank == 2) MPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, column);
  MPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, row);
  live_mix_int(sum);
  if (live_rank != 2) MPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, column);
  live_cut(1);
  MPI_Allreduce(&sum, &value, 1, MPI_INT, MPI_SUM, column);
  MPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, row);
  live_mix_int(value);
  MPI_Comm_free(&row);
  MPI_Comm_free(&column);
  return live_end();
}
