// SPDX-License-Identifier: Apache-2.0
// Shows: 64 ranks, each a member of 27 communicators, 792 in all, with different counts of collectives and messages on their way.
// live: ranks=64 cuts=all only=restart-openmpi-alternate
#include "lib/live.h"

enum { bits = 6, most = 4 * bits + 3 };
static MPI_Comm comms[most];
static int count;

/// Sets of ranks that a sum, an exclusive or or a hash of their members easily takes for each other. Small ones, made by their members
/// alone: with 64 ranks on a few cores each step of a collective waits for the scheduler.
static void make_communicators(void) {
  MPI_Group world, pair;
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  for (int bit = 0; bit < bits; bit++) {
    int members[2] = {live_rank & ~(1 << bit), live_rank | 1 << bit};
    MPI_Group_incl(world, 2, members, &pair);
    for (int twin = 0; twin < 4; twin++)
      if (twin == 0)
        MPI_Comm_create_group(MPI_COMM_WORLD, pair, bit, &comms[count++]);
      else
        MPI_Comm_dup(comms[count - 1], &comms[count]), count++;
    MPI_Group_free(&pair);
  }
  MPI_Group_free(&world);
  MPI_Comm_split(MPI_COMM_WORLD, live_rank / 8, live_rank, &comms[count++]);
  MPI_Comm_split(MPI_COMM_WORLD, live_rank % 8, live_rank, &comms[count++]);
  MPI_Comm_split(MPI_COMM_WORLD, (live_rank / 8 + live_rank) % 8, -live_rank, &comms[count++]);
}

static void neighbours(MPI_Comm comm, int* before, int* after) {
  int rank, size;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &size);
  *before = (rank + size - 1) % size;
  *after = (rank + 1) % size;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 64);
  make_communicators();
  for (int i = 0; i < count; i++) {
    int before, after, value = 100 * live_rank + i;
    neighbours(comms[i], &before, &after);
    for (int k = 0; k < i % 3; k++) MPI_Barrier(comms[i]);
    MPI_Send(&value, 1, MPI_INT, after, i, comms[i]);
  }
  live_cut(0);
  for (int i = count - 1; i >= 0; i--) {
    int before, after, value = -1, sum = 0;
    neighbours(comms[i], &before, &after);
    MPI_Recv(&value, 1, MPI_INT, before, MPI_ANY_TAG, comms[i], MPI_STATUS_IGNORE);
    LIVE_CHECK(value % 100 == i);
    MPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, comms[i]);
    live_mix_int(value);
    live_mix_int(sum);
    MPI_Comm_free(&comms[i]);
  }
  return live_end();
}
