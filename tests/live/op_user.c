// SPDX-License-Identifier: Apache-2.0
// Shows: commutative and non-commutative user operations made before the cut work after it.
// live: ranks=3 cuts=all abi over-abi
#include "lib/live.h"

struct affine {
  long factor, offset;
};

static void compose(void* in, void* inout, int* length, MPI_Datatype* type) {
  (void)type;
  struct affine *a = (struct affine*)in, *b = (struct affine*)inout;
  for (int i = 0; i < *length; i++) {  // first a, then b: not commutative
    b[i].offset += a[i].offset * b[i].factor;
    b[i].factor *= a[i].factor;
  }
}

static void add_squares(void* in, void* inout, int* length, MPI_Datatype* type) {
  (void)type;
  for (int i = 0; i < *length; i++) ((long*)inout)[i] += ((long*)in)[i] * 3;
}

static void use(MPI_Op ordered, MPI_Op any, MPI_Datatype type) {
  struct affine mine[3], all[3], want = {1, 0};
  for (int i = 0; i < 3; i++) mine[i].factor = live_rank + 2, mine[i].offset = live_rank + i;
  MPI_Allreduce(mine, all, 3, type, ordered, MPI_COMM_WORLD);
  for (int r = 0; r < live_size; r++) {
    want.offset = want.offset * (r + 2) + r;
    want.factor *= r + 2;
  }
  LIVE_CHECK(all[0].factor == want.factor && all[0].offset == want.offset);
  live_mix(all, sizeof all);
  MPI_Scan(mine, all, 3, type, ordered, MPI_COMM_WORLD);
  live_mix(all, sizeof all);
  long x = live_rank == 0, y = 2;
  MPI_Reduce_local(&x, &y, 1, MPI_LONG, any);
  LIVE_CHECK(y == 2 + 3 * x);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  MPI_Op ordered, any;
  MPI_Datatype type;
  int commutes = -1;
  MPI_Op_create(compose, 0, &ordered);
  MPI_Op_create(add_squares, 1, &any);
  MPI_Type_contiguous(2, MPI_LONG, &type);
  MPI_Type_commit(&type);
  use(ordered, any, type);
  live_cut(0);
  use(ordered, any, type);
  MPI_Op_commutative(ordered, &commutes);
  LIVE_CHECK(commutes == 0);
  MPI_Op_commutative(any, &commutes);
  LIVE_CHECK(commutes == 1);
  MPI_Op_free(&ordered);
  MPI_Op_free(&any);
  LIVE_CHECK(any == MPI_OP_NULL);
  MPI_Type_free(&type);
  return live_end();
}
