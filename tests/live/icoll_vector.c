// SPDX-License-Identifier: Apache-2.0
// Shows: nonblocking collectives with arrays of counts, places and types in flight at the cut; the types are freed before.
// live: ranks=3 cuts=all
#include "lib/live.h"

enum { most = 4096 };

static int counts[3], places[3], byte_places[3], ones[3] = {1, 1, 1}, zeros[3];
static long in[most * 3], out[6][most * 3];

static int start_all(MPI_Comm comm, MPI_Datatype* types, MPI_Request* r) {
  int k = 0, rank = live_rank;
  MPI_Iallgatherv(in, counts[rank], MPI_LONG, out[0], counts, places, MPI_LONG, comm, &r[k++]);
  MPI_Igatherv(in, counts[rank], MPI_LONG, out[1], rank == 2 ? counts : NULL, rank == 2 ? places : NULL, MPI_LONG, 2, comm, &r[k++]);
  MPI_Iscatterv(in, rank == 0 ? counts : NULL, rank == 0 ? places : NULL, MPI_LONG, out[2], counts[rank], MPI_LONG, 0, comm, &r[k++]);
  static int send_counts[3];
  for (int i = 0; i < 3; i++) send_counts[i] = counts[rank];
  MPI_Ialltoallv(in, send_counts, zeros, MPI_LONG, out[3], counts, places, MPI_LONG, comm, &r[k++]);
  static MPI_Datatype send_types[3];
  for (int i = 0; i < 3; i++) send_types[i] = types[rank];
  MPI_Ialltoallw(in, ones, zeros, send_types, out[4], ones, byte_places, types, comm, &r[k++]);
  for (int i = 0; i < counts[rank]; i++) out[5][places[rank] + i] = live_rank * 3 + i;
  MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, out[5], counts, places, MPI_LONG, comm, &r[k++]);
  return k;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Comm comm;
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  int at = 0;
  for (int i = 0; i < 3; i++) {
    counts[i] = most - 1000 * i;
    places[i] = at;
    byte_places[i] = at * (int)sizeof(long);
    at += counts[i] + 3;
  }
  MPI_Request r[6];
  for (int round = 0; round < 2; round++) {
    MPI_Datatype types[3];
    for (int i = 0; i < 3; i++) {
      MPI_Type_contiguous(counts[i], MPI_LONG, &types[i]);
      MPI_Type_commit(&types[i]);
    }
    live_fill(in, sizeof in, (uint64_t)live_rank + 5);
    memset(out, 0, sizeof out);
    int started = start_all(comm, types, r);
    MPI_Datatype kept[3];
    memcpy(kept, types, sizeof kept);
    for (int i = 0; i < 3; i++) MPI_Type_free(&kept[i]);
    if (round == 0) live_cut(0);
    MPI_Waitall(started, r, MPI_STATUSES_IGNORE);
    LIVE_CHECK(memcmp(out[0], out[3], sizeof out[0]) == 0 && memcmp(out[0], out[4], sizeof out[0]) == 0);
    live_mix(out, sizeof out);
  }
  MPI_Comm_free(&comm);
  return live_end();
}
