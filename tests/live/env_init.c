// SPDX-License-Identifier: Apache-2.0
// Shows: MPI_Initialized, MPI_Finalized and the thread level keep their answers across a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  int flag = -1, provided = -1, main_thread = 0;
  MPI_Initialized(&flag);
  LIVE_CHECK(flag == 0);
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  live_begin(2);
  LIVE_CHECK(provided >= MPI_THREAD_FUNNELED);
  live_cut(0);
  MPI_Initialized(&flag);
  LIVE_CHECK(flag == 1);
  MPI_Finalized(&flag);
  LIVE_CHECK(flag == 0);
  int level = -1;
  MPI_Query_thread(&level);
  LIVE_CHECK(level == provided);
  MPI_Is_thread_main(&main_thread);
  LIVE_CHECK(main_thread);
  live_pass();
  MPI_Finalize();
  MPI_Finalized(&flag);
  LIVE_CHECK(flag == 1);
  return 0;
}
