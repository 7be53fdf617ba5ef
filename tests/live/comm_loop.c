// SPDX-License-Identifier: Apache-2.0
// Shows: 2000 communicators, groups and types made and freed leave nothing behind that hinders a checkpoint.
// live: ranks=2 cuts=all,all
#include "lib/live.h"

static long make_and_free(int turns) {
  long sum = 0;
  for (int i = 0; i < turns; i++) {
    MPI_Comm dup;
    MPI_Group group;
    MPI_Datatype type;
    int value = i;
    MPI_Comm_dup(MPI_COMM_WORLD, &dup);
    MPI_Comm_group(dup, &group);
    MPI_Type_vector(2, 1, 2 + i % 5, MPI_INT, &type);
    MPI_Type_commit(&type);
    if (i % 50 == 0) MPI_Bcast(&value, 1, MPI_INT, i % 2, dup);
    sum += value;
    MPI_Type_free(&type);
    MPI_Group_free(&group);
    MPI_Comm_free(&dup);
  }
  return sum;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  long sum = make_and_free(1000);
  live_cut(0);
  sum += make_and_free(1000);
  live_cut(1);
  sum += make_and_free(10);
  live_mix_int(sum);
  return live_end();
}
