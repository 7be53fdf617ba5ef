// SPDX-License-Identifier: Apache-2.0
// Shows: MINLOC and MAXLOC over the pair types; Reduce_local and Op_commutative of predefined operations.
// live: ranks=3 cuts=all
#include "lib/live.h"

static void locate(void) {
  struct { double value; int place; } d = {(live_rank * 7) % 5, live_rank}, best_d;
  struct { int value, place; } i = {(live_rank * 3) % 4, 10 + live_rank}, best_i;
  struct { short value; int place; } s = {(short)-live_rank, live_rank}, best_s;
  MPI_Allreduce(&d, &best_d, 1, MPI_DOUBLE_INT, MPI_MAXLOC, MPI_COMM_WORLD);
  MPI_Allreduce(&i, &best_i, 1, MPI_2INT, MPI_MINLOC, MPI_COMM_WORLD);
  MPI_Allreduce(&s, &best_s, 1, MPI_SHORT_INT, MPI_MINLOC, MPI_COMM_WORLD);
  LIVE_CHECK(best_d.place == 2 && best_i.place == 10 && best_s.place == live_size - 1);
  live_mix_int(best_d.place + 100 * best_i.value + 10000 * best_s.place);
  int a[2] = {3, 9}, b[2] = {4, 1}, commutes = 0;
  MPI_Reduce_local(a, b, 2, MPI_INT, MPI_MAX);
  LIVE_CHECK(b[0] == 4 && b[1] == 9);
  MPI_Op_commutative(MPI_MINLOC, &commutes);
  LIVE_CHECK(commutes == 1);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 3);
  locate();
  live_cut(0);
  locate();
  return live_end();
}
