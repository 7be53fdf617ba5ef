// SPDX-License-Identifier: Apache-2.0
// Shows: attributes made before the cut are copied and deleted by their callbacks after it.
// live: ranks=2 cuts=all abi
#include "lib/live.h"

static int copies, deletes;

static int copy(MPI_Comm comm, int key, void* extra, void* value, void* out, int* flag) {
  (void)comm, (void)key;
  copies++;
  *(void**)out = (char*)value + *(int*)extra;
  *flag = 1;
  return MPI_SUCCESS;
}

static int refuse(MPI_Comm comm, int key, void* extra, void* value, void* out, int* flag) {
  (void)comm, (void)key, (void)extra, (void)value, (void)out, (void)flag;
  return MPI_ERR_OTHER;
}

static int drop(MPI_Comm comm, int key, void* value, void* extra) {
  (void)comm, (void)key, (void)value, (void)extra;
  deletes++;
  return MPI_SUCCESS;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  static int step = 5;
  static char bytes[100];
  int key = MPI_KEYVAL_INVALID, plain = MPI_KEYVAL_INVALID, flag = 0;
  MPI_Comm_create_keyval(copy, drop, &key, &step);
  MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, MPI_COMM_NULL_DELETE_FN, &plain, NULL);
  MPI_Comm first, second;
  MPI_Comm_dup(MPI_COMM_WORLD, &first);
  MPI_Comm_set_attr(first, key, bytes);
  MPI_Comm_set_attr(first, plain, bytes + 1);
  live_cut(0);
  LIVE_CHECK(copies == 0 && deletes == 0);
  MPI_Comm_dup(first, &second);
  LIVE_CHECK(copies == 1);
  char* value = NULL;
  MPI_Comm_get_attr(second, key, &value, &flag);
  LIVE_CHECK(flag && value == bytes + 5);
  MPI_Comm_get_attr(second, plain, &value, &flag);
  LIVE_CHECK(!flag);
  MPI_Comm_get_attr(first, plain, &value, &flag);
  LIVE_CHECK(flag && value == bytes + 1);
  MPI_Comm_delete_attr(first, key);
  LIVE_CHECK(deletes == 1);
  MPI_Comm_free(&second);
  LIVE_CHECK(deletes == 2);
  int refusing = MPI_KEYVAL_INVALID;
  MPI_Comm_create_keyval(refuse, MPI_COMM_NULL_DELETE_FN, &refusing, NULL);
  MPI_Comm_set_attr(first, refusing, bytes);
  MPI_Comm_set_errhandler(first, MPI_ERRORS_RETURN);
  second = first;
  LIVE_CHECK(MPI_Comm_dup(first, &second) != MPI_SUCCESS && second == MPI_COMM_NULL);
  int copy_of_refusing = refusing;
  MPI_Comm_free_keyval(&refusing);
  MPI_Comm_free_keyval(&copy_of_refusing);  // the attribute still keeps it alive
  MPI_Comm_free_keyval(&key);
  LIVE_CHECK(key == MPI_KEYVAL_INVALID);
  MPI_Comm_free(&first);
  LIVE_CHECK(deletes == 2);
  MPI_Comm_free_keyval(&plain);
  live_mix_int(copies + 10 * deletes);
  return live_end();
}
