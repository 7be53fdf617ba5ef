// SPDX-License-Identifier: Apache-2.0
// Shows: info objects keep keys, values and order; MPI_INFO_ENV can be read.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  MPI_Info info, copy;
  char text[MPI_MAX_INFO_VAL + 1];
  int count = 0, flag = 0, length = 0;
  MPI_Info_create(&info);
  MPI_Info_set(info, "first", "one");
  MPI_Info_set(info, "second", "two");
  MPI_Info_set(info, "third", "three");
  live_cut(0);
  MPI_Info_delete(info, "second");
  MPI_Info_set(info, "first", "1");
  MPI_Info_dup(info, &copy);
  MPI_Info_get_nkeys(copy, &count);
  LIVE_CHECK(count == 2);
  MPI_Info_get_nthkey(copy, 1, text);
  LIVE_CHECK(strcmp(text, "third") == 0);
  MPI_Info_get(copy, "first", 10, text, &flag);
  LIVE_CHECK(flag && strcmp(text, "1") == 0);
  MPI_Info_get(copy, "second", 10, text, &flag);
  LIVE_CHECK(!flag);
  MPI_Info_get_valuelen(copy, "third", &length, &flag);
  LIVE_CHECK(flag && length == 5);
  MPI_Info_get(MPI_INFO_ENV, "no such key", 10, text, &flag);
  LIVE_CHECK(!flag);
  MPI_Info_free(&info);
  MPI_Info_free(&copy);
  LIVE_CHECK(info == MPI_INFO_NULL);
  return live_end();
}
