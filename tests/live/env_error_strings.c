// SPDX-License-Identifier: Apache-2.0
// Shows: error classes, codes and strings added by the program live on after a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int own_class = 0, own_code = 0, found = 0, length = 0;
  MPI_Add_error_class(&own_class);
  MPI_Add_error_code(own_class, &own_code);
  MPI_Add_error_string(own_class, "own class");
  MPI_Add_error_string(own_code, "own code");
  live_cut(0);
  char text[MPI_MAX_ERROR_STRING];
  MPI_Error_class(own_code, &found);
  LIVE_CHECK(found == own_class);
  MPI_Error_string(own_code, text, &length);
  LIVE_CHECK(strcmp(text, "own code") == 0 && length == 8);
  MPI_Error_string(own_class, text, &length);
  LIVE_CHECK(strcmp(text, "own class") == 0);
  int *last = NULL, flag = 0;
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_LASTUSEDCODE, &last, &flag);
  LIVE_CHECK(flag && *last >= MPI_ERR_LASTCODE && own_class > MPI_ERR_LASTCODE && *last >= own_class);
  MPI_Error_class(MPI_ERR_TRUNCATE, &found);
  LIVE_CHECK(found == MPI_ERR_TRUNCATE);
  MPI_Error_string(MPI_ERR_RANK, text, &length);
  LIVE_CHECK(length > 0);
  return live_end();
}
