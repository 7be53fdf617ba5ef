// SPDX-License-Identifier: Apache-2.0
// Shows: a tool walks through the tool information interface, before MPI is initialised and after the cut; its session lives on.
// live: ranks=2 cuts=all
#include "lib/live.h"

/// Every variable that there is has a name and can be found by it.
static void walk(void) {
  int count = -1, index = -1;
  LIVE_CHECK(MPI_T_cvar_get_num(&count) == MPI_SUCCESS && count >= 0);
  for (int i = 0; i < count; i++) {
    char name[512], description[8];
    int length = sizeof name, description_length = sizeof description, verbosity, bind, scope;
    MPI_Datatype type;
    MPI_T_enum values;
    if (MPI_T_cvar_get_info(i, name, &length, &verbosity, &type, &values, description, &description_length, &bind, &scope) != MPI_SUCCESS) continue;
    LIVE_CHECK(MPI_T_cvar_get_index(name, &index) == MPI_SUCCESS);
  }
  LIVE_CHECK(MPI_T_cvar_get_index("no variable has this name", &index) == MPI_T_ERR_INVALID_NAME);
  LIVE_CHECK(MPI_T_pvar_get_num(&count) == MPI_SUCCESS && count >= 0);
  LIVE_CHECK(MPI_T_category_get_num(&count) == MPI_SUCCESS && count >= 0);
  LIVE_CHECK(MPI_T_cvar_get_info(1 << 30, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) != MPI_SUCCESS);
}

int main(int argc, char** argv) {
  int provided;
  MPI_T_pvar_session session;
  LIVE_CHECK(MPI_T_init_thread(MPI_THREAD_SINGLE, &provided) == MPI_SUCCESS);
  walk();
  live_start(&argc, &argv, 2);
  LIVE_CHECK(MPI_T_pvar_session_create(&session) == MPI_SUCCESS);
  live_cut(0);
  walk();
  LIVE_CHECK(MPI_T_pvar_session_free(&session) == MPI_SUCCESS && session == MPI_T_PVAR_SESSION_NULL);
  LIVE_CHECK(MPI_T_finalize() == MPI_SUCCESS);
  return live_end();
}
