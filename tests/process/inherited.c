// SPDX-License-Identifier: Apache-2.0
// Shows: a descriptor that the shell passes to a program without MPI (9<file) is the program's own, with its position.
// process: cuts=1 as=inheriting
// state: Descriptors | files that a program without MPI has inherited beside 0, 1, 2 | kept
#include "fact.h"

#include <sys/stat.h>

int main(void) {
  char found[8];
  struct stat before, now;
  CHECK(read(9, found, 5) == 5 && fstat(9, &before) == 0);
  cut(0);
  CHECK(lseek(9, 0, SEEK_CUR) == 5 && fstat(9, &now) == 0 && now.st_ino == before.st_ino && read(9, found, 1) == 1);
  CHECK(open("/dev/null", O_RDONLY) == 3);  // nothing of ours is in the way, before and after a restart
  return pass();
}
