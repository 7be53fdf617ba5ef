// SPDX-License-Identifier: Apache-2.0
// Shows: thread-local variables and errno keep their values.
// live: ranks=2 cuts=all
#include "lib/live.h"

#include <errno.h>

static __thread int zero_at_start;
static __thread char text[200] = "set at start";
__thread double exported_tls = 2.5;

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  int *address = &zero_at_start, *errno_address = &errno;
  zero_at_start = 77 + live_rank;
  strcat(text, " and later");
  exported_tls += live_rank;
  errno = EDOM;
  int kept = errno;
  live_cut(0);
  LIVE_CHECK(address == &zero_at_start && zero_at_start == 77 + live_rank);
  LIVE_CHECK(strcmp(text, "set at start and later") == 0 && exported_tls == 2.5 + live_rank);
  LIVE_CHECK(errno_address == &errno && kept == EDOM);
  errno = 0;
  LIVE_CHECK(open("/no/such/file", O_RDONLY) == -1 && errno == ENOENT);
  errno = ERANGE;
  MPI_Barrier(MPI_COMM_WORLD);
  LIVE_CHECK(*errno_address == errno);
  return live_end();
}
