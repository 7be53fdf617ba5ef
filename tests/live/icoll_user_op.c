// SPDX-License-Identifier: Apache-2.0
// Shows: nonblocking reductions by user functions on two types with one operation are pending at the cut; the operation and
// the types are freed before it. The functions use malloc: they must not run where the program was interrupted.
// live: ranks=3 cuts=one
#include "lib/live.h"

struct affine {
  long factor, offset;
};
static MPI_Datatype affine_type, affine_alias;
static int calls[2];
static volatile int computing;

static void compose(void* in, void* inout, int* length, MPI_Datatype* type) {
  struct affine* a = (struct affine*)malloc(sizeof(struct affine) * (size_t)*length);
  struct affine* b = (struct affine*)inout;
  memcpy(a, in, sizeof(struct affine) * (size_t)*length);
  LIVE_CHECK(!computing && (*type == affine_type || *type == affine_alias));
  calls[*type == affine_alias]++;
  for (int i = 0; i < *length; i++) {
    b[i].offset += a[i].offset * b[i].factor;
    b[i].factor *= a[i].factor;
  }
  free(a);
}

/// As live_cut_one, but with calls of MPI: the checkpoint comes with one of them.
static void cut_in_calls(int k) {
  const char* directory = getenv("LIVE_CUT_DIR");
  char at[4096], go[4096];
  if (!directory || live_rank != 0) return;
  snprintf(at, sizeof at, "%s/at.%d.%d", directory, k, live_rank);
  snprintf(go, sizeof go, "%s/go.%d", directory, k);
  for (double waited = 0; !live_exists(go);) {
    int flag = 0;
    LIVE_CHECK(waited < 60);
    computing = 1;
    waited += live_work();
    computing = 0;
    MPI_Iprobe(MPI_ANY_SOURCE, 999, MPI_COMM_WORLD, &flag, MPI_STATUS_IGNORE);
    if (live_exists(at)) continue;
    int fd = open(at, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    LIVE_CHECK(fd >= 0);
    close(fd);
  }
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Op op, freed_op;
  MPI_Request r[3];
  enum { n = 500 };
  static struct affine mine[n], all[n], scanned[n], sum[n];
  MPI_Type_contiguous(2, MPI_LONG, &affine_type);
  MPI_Type_commit(&affine_type);
  MPI_Type_contiguous(2, MPI_LONG, &affine_alias);
  MPI_Type_commit(&affine_alias);
  MPI_Op_create(compose, 0, &op);
  for (int i = 0; i < n; i++) mine[i].factor = live_rank + 2, mine[i].offset = live_rank + i;
  MPI_Iallreduce(mine, all, n, affine_type, op, MPI_COMM_WORLD, &r[0]);
  MPI_Iscan(mine, scanned, n, affine_alias, op, MPI_COMM_WORLD, &r[1]);
  MPI_Ireduce(mine, sum, n, affine_type, op, 0, MPI_COMM_WORLD, &r[2]);
  freed_op = op;
  MPI_Op_free(&freed_op);
  MPI_Datatype freed = affine_type, freed_alias = affine_alias;
  MPI_Type_free(&freed);
  MPI_Type_free(&freed_alias);
  cut_in_calls(0);
  int go = 1;
  MPI_Request told;  // the others wait here at the cut
  MPI_Irecv(&go, 1, MPI_INT, 0, 1, MPI_COMM_WORLD, &told);
  if (live_rank == 0)
    for (int i = 0; i < live_size; i++) MPI_Send(&go, 1, MPI_INT, i, 1, MPI_COMM_WORLD);
  MPI_Wait(&told, MPI_STATUS_IGNORE);
  MPI_Waitall(3, r, MPI_STATUSES_IGNORE);
  struct affine want = {1, 0};
  for (int rank = 0; rank < live_size; rank++) {
    want.offset = want.offset * (rank + 2) + rank;
    want.factor *= rank + 2;
  }
  LIVE_CHECK(all[0].factor == want.factor && all[0].offset == want.offset);
  live_mix(all, sizeof all);
  live_mix(scanned, sizeof scanned);
  live_mix(sum, sizeof sum);
  return live_end();
}
