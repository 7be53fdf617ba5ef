// SPDX-License-Identifier: Apache-2.0
// Shows: what surrounds a process besides memory, threads and descriptors.
// process: cuts=1
// state: Process | a working directory that was deleted | kept, as a directory without a name
// state: Process | personality, dumpable, no-new-privileges, child subreaper, I/O priority | kept
#include "fact.h"

#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

int main(void) {
  CHECK(mkdir("soon-gone", 0700) == 0 && chdir("soon-gone") == 0 && rmdir("../soon-gone") == 0);
  CHECK(personality(ADDR_NO_RANDOMIZE) >= 0);
  CHECK(prctl(PR_SET_DUMPABLE, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && syscall(SYS_ioprio_set, 1, 0, 2 << 13 | 6) == 0);
  cut(0);
  char path[4096];
  CHECK(getcwd(path, sizeof path) == NULL && errno == ENOENT && open("new", O_CREAT | O_WRONLY, 0600) < 0 && errno == ENOENT);
  CHECK((personality(0xffffffff) & ADDR_NO_RANDOMIZE) != 0 && prctl(PR_GET_DUMPABLE) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
  int reaper = 0;
  CHECK(prctl(PR_GET_CHILD_SUBREAPER, &reaper) == 0 && reaper == 1 && syscall(SYS_ioprio_get, 1, 0) == (2 << 13 | 6));
  return pass();
}
