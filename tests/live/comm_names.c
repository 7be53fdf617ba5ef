// SPDX-License-Identifier: Apache-2.0
// Shows: names of communicators and types, given and default ones.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Comm dup;
  MPI_Datatype type;
  char name[MPI_MAX_OBJECT_NAME];
  int length = -1;
  MPI_Comm_dup(MPI_COMM_WORLD, &dup);
  MPI_Comm_set_name(dup, "the copy");
  MPI_Type_contiguous(2, MPI_INT, &type);
  MPI_Type_set_name(type, "two ints");
  live_cut(0);
  MPI_Comm_get_name(dup, name, &length);
  LIVE_CHECK(strcmp(name, "the copy") == 0 && length == 8);
  MPI_Type_get_name(type, name, &length);
  LIVE_CHECK(strcmp(name, "two ints") == 0 && length == 8);
  MPI_Comm_get_name(MPI_COMM_WORLD, name, &length);
  LIVE_CHECK(strcmp(name, "MPI_COMM_WORLD") == 0);
  MPI_Type_get_name(MPI_DOUBLE, name, &length);
  LIVE_CHECK(strcmp(name, "MPI_DOUBLE") == 0);
  MPI_Comm_set_name(MPI_COMM_WORLD, "everyone");
  MPI_Comm_get_name(MPI_COMM_WORLD, name, &length);
  LIVE_CHECK(strcmp(name, "everyone") == 0);
  MPI_Type_free(&type);
  MPI_Comm_free(&dup);
  return live_end();
}
