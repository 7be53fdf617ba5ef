// SPDX-License-Identifier: Apache-2.0
// Shows: a window's predefined attributes, its own attributes with their callbacks, its name, info and group after the cut.
// live: ranks=2 cuts=all
#include "lib/live.h"

static int deletes;
static MPI_Win win;

static int drop(MPI_Win which, int key, void* value, void* extra) {
  (void)key;
  LIVE_CHECK(which == win && value == (void*)((char*)extra + 3));
  deletes++;
  return MPI_SUCCESS;
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  static char memory[4096], extra[10];
  int key = MPI_KEYVAL_INVALID, plain = MPI_KEYVAL_INVALID, found = 0, length = 0, result = 0;
  MPI_Win_create(memory, sizeof memory, 16, MPI_INFO_NULL, MPI_COMM_WORLD, &win);
  MPI_Win_create_keyval(MPI_WIN_NULL_COPY_FN, drop, &key, extra);
  MPI_Win_create_keyval(MPI_WIN_NULL_COPY_FN, MPI_WIN_NULL_DELETE_FN, &plain, NULL);
  MPI_Win_set_attr(win, key, extra + 3);
  MPI_Win_set_attr(win, plain, extra + 4);
  MPI_Win_set_name(win, "the window");
  void *base = NULL, *value = NULL;
  MPI_Aint* size = NULL;
  int *unit = NULL, *flavor = NULL, *model = NULL;
  MPI_Win_get_attr(win, MPI_WIN_SIZE, &size, &found);
  LIVE_CHECK(found && *size == 4096);
  live_cut(0);
  LIVE_CHECK(*size == 4096);
  MPI_Win_get_attr(win, MPI_WIN_BASE, &base, &found);
  LIVE_CHECK(found && base == memory);
  MPI_Win_get_attr(win, MPI_WIN_DISP_UNIT, &unit, &found);
  LIVE_CHECK(found && *unit == 16);
  MPI_Win_get_attr(win, MPI_WIN_CREATE_FLAVOR, &flavor, &found);
  LIVE_CHECK(found && *flavor == MPI_WIN_FLAVOR_CREATE);
  MPI_Win_get_attr(win, MPI_WIN_MODEL, &model, &found);
  LIVE_CHECK(found && *model == MPI_WIN_UNIFIED);
  MPI_Win_get_attr(win, key, &value, &found);
  LIVE_CHECK(found && value == extra + 3 && deletes == 0);
  MPI_Win_delete_attr(win, plain);
  MPI_Win_get_attr(win, plain, &value, &found);
  LIVE_CHECK(!found);
  char name[MPI_MAX_OBJECT_NAME];
  MPI_Win_get_name(win, name, &length);
  LIVE_CHECK(length == 10 && strcmp(name, "the window") == 0);
  MPI_Group group, world;
  MPI_Win_get_group(win, &group);
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  MPI_Group_compare(group, world, &result);
  LIVE_CHECK(result == MPI_IDENT);
  MPI_Group_free(&group);
  MPI_Group_free(&world);
  MPI_Info info, used;
  MPI_Info_create(&info);
  MPI_Info_set(info, "no_locks", "false");
  MPI_Win_set_info(win, info);
  MPI_Win_get_info(win, &used);
  MPI_Info_free(&info);
  MPI_Info_free(&used);
  MPI_Win_free(&win);
  LIVE_CHECK(deletes == 1 && win == MPI_WIN_NULL);
  MPI_Win_free_keyval(&key);
  MPI_Win_free_keyval(&plain);
  LIVE_CHECK(key == MPI_KEYVAL_INVALID);
  live_mix_int(deletes);
  return live_end();
}
