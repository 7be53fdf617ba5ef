// SPDX-License-Identifier: Apache-2.0
// Shows: what the functions that MPI 3.0 removed have made lives on: datatypes, error handler, attribute.
// live: ranks=2 cuts=all apps=mpich
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include "lib/live.h"

static int handled, deleted;
static void on_error(MPI_Comm* comm, int* code, ...) {
  (void)comm, (void)code;
  handled++;
}
static int on_delete(MPI_Comm comm, int key, void* value, void* extra) {
  (void)comm, (void)key, (void)extra;
  deleted += *(int*)value;
  return MPI_SUCCESS;
}

struct record {
  double weight;
  int number[3];
};

static void build(MPI_Datatype types[3]) {
  struct record r;
  MPI_Aint base, places[2], parts[2] = {0, 16}, lb = -1, ub = -1, extent = -1;
  int lengths[2] = {1, 3}, both[2] = {1, 2};
  MPI_Datatype members[2] = {MPI_DOUBLE, MPI_INT};
  MPI_Address(&r, &base);
  MPI_Address(&r.weight, &places[0]);
  MPI_Address(&r.number, &places[1]);
  for (int i = 0; i < 2; i++) places[i] -= base;
  MPI_Type_struct(2, lengths, places, members, &types[0]);
  MPI_Type_hvector(2, 1, 3 * sizeof(int), MPI_INT, &types[1]);
  MPI_Type_hindexed(2, both, parts, MPI_INT, &types[2]);
  for (int i = 0; i < 3; i++) MPI_Type_commit(&types[i]);
  MPI_Type_lb(types[2], &lb);
  MPI_Type_ub(types[2], &ub);
  MPI_Type_extent(types[2], &extent);
  LIVE_CHECK(lb == 0 && ub == 24 && extent == 24);
}

static void use(MPI_Datatype types[3], int peer) {
  struct record mine = {1.5 + live_rank, {1, 2, live_rank}}, other;
  int row[6] = {live_rank, 1, 2, 3, 4, 5}, got[6] = {0};
  MPI_Sendrecv(&mine, 1, types[0], peer, 1, &other, 1, types[0], peer, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  LIVE_CHECK(other.weight == 1.5 + peer && other.number[2] == peer);
  MPI_Sendrecv(row, 1, types[1], peer, 2, got, 1, types[1], peer, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  LIVE_CHECK(got[0] == peer && got[3] == 3 && got[1] == 0);
  MPI_Sendrecv(row, 1, types[2], peer, 3, got, 1, types[2], peer, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  LIVE_CHECK(got[0] == peer && got[4] == 4 && got[5] == 5);
  live_mix(got, sizeof got);
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int key, value = 5, flag = 0, *found = NULL;
  MPI_Errhandler handler, current;
  MPI_Datatype types[3];
  build(types);
  MPI_Errhandler_create(on_error, &handler);
  MPI_Errhandler_set(MPI_COMM_WORLD, handler);
  MPI_Keyval_create(MPI_NULL_COPY_FN, on_delete, &key, NULL);
  MPI_Attr_put(MPI_COMM_WORLD, key, &value);
  use(types, live_rank ^ 1);
  live_cut(0);
  use(types, live_rank ^ 1);
  MPI_Errhandler_get(MPI_COMM_WORLD, &current);
  LIVE_CHECK(current == handler);
  MPI_Send(&value, -1, MPI_INT, 0, 1, MPI_COMM_WORLD);
  LIVE_CHECK(handled == 1);
  MPI_Attr_get(MPI_COMM_WORLD, key, &found, &flag);
  LIVE_CHECK(flag && found == &value);
  MPI_Attr_delete(MPI_COMM_WORLD, key);
  LIVE_CHECK(deleted == 5);
  MPI_Keyval_free(&key);
  for (int i = 0; i < 3; i++) MPI_Type_free(&types[i]);
  live_mix_int(handled + deleted);
  return live_end();
}
