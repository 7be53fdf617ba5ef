// SPDX-License-Identifier: Apache-2.0
// Shows: a user operation is handed the program's own datatype handle, after a restart too.
// live: ranks=2 cuts=all
#include "lib/live.h"

static MPI_Datatype own_type;
static int calls;

static void check_type(void* in, void* inout, int* length, MPI_Datatype* type) {
  int size = 0;
  MPI_Type_size(*type, &size);
  LIVE_CHECK(*type == own_type && size == 12);
  for (int i = 0; i < 3 * *length; i++) ((int*)inout)[i] ^= ((int*)in)[i];
  calls++;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Op op;
  int values[6], result[6];
  MPI_Type_contiguous(3, MPI_INT, &own_type);
  MPI_Type_commit(&own_type);
  MPI_Op_create(check_type, 1, &op);
  for (int turn = 0; turn < 2; turn++) {
    if (turn == 1) live_cut(0);
    for (int i = 0; i < 6; i++) values[i] = (i + 1) << (live_rank + turn);
    calls = 0;
    MPI_Reduce(values, result, 2, own_type, op, 0, MPI_COMM_WORLD);
    if (live_rank == 0) LIVE_CHECK(calls > 0 && result[5] != values[5]);
    if (live_rank == 0) live_mix(result, sizeof result);
  }
  MPI_Op_free(&op);
  MPI_Type_free(&own_type);
  return live_end();
}
