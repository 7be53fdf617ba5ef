// SPDX-License-Identifier: Apache-2.0
// Shows: attributes of datatypes and their callbacks.
// live: ranks=2 cuts=all
#include "lib/live.h"

static int deletes;

static int drop(MPI_Datatype type, int key, void* value, void* extra) {
  (void)type, (void)key, (void)extra;
  deletes += *(int*)value;
  return MPI_SUCCESS;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  static int weight = 4;
  int key = MPI_KEYVAL_INVALID, flag = 0, *value = NULL;
  MPI_Datatype type, dup;
  MPI_Type_create_keyval(MPI_TYPE_DUP_FN, drop, &key, NULL);
  MPI_Type_vector(2, 1, 3, MPI_INT, &type);
  MPI_Type_set_attr(type, key, &weight);
  live_cut(0);
  MPI_Type_dup(type, &dup);
  MPI_Type_get_attr(dup, key, &value, &flag);
  LIVE_CHECK(flag && value == &weight);
  MPI_Type_free(&dup);
  LIVE_CHECK(deletes == 4);
  MPI_Type_delete_attr(type, key);
  LIVE_CHECK(deletes == 8);
  MPI_Type_get_attr(type, key, &value, &flag);
  LIVE_CHECK(!flag);
  MPI_Type_free(&type);
  MPI_Type_free_keyval(&key);
  live_mix_int(deletes);
  return live_end();
}
