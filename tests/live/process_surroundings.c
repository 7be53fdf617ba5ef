// SPDX-License-Identifier: Apache-2.0
// Shows: working directory, environment and arguments are those of the launch, wherever the restart is started.
// live: ranks=2 cuts=all
#include "lib/live.h"

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  char before[4096], after[4096], name[64];
  snprintf(name, sizeof name, "directory.%d", live_rank);
  (void)!system("true");
  LIVE_CHECK(access(name, F_OK) == 0 || mkdtemp(strcpy(before, "made.XXXXXX")) != NULL);
  if (access(name, F_OK) != 0) LIVE_CHECK(rename(before, name) == 0);
  LIVE_CHECK(chdir(name) == 0 && getcwd(before, sizeof before));
  setenv("LIVE_OWN_VARIABLE", "set by the program", 1);
  unsetenv("LIVE_CASE_DIR");
  const char* first = argv[0];
  live_cut(0);
  LIVE_CHECK(getcwd(after, sizeof after) && strcmp(before, after) == 0);
  LIVE_CHECK(strcmp(getenv("LIVE_OWN_VARIABLE"), "set by the program") == 0 && !getenv("LIVE_CASE_DIR"));
  LIVE_CHECK(getenv("PATH") && argc == 1 && argv[0] == first && strstr(first, "process_surroundings"));
  int fd = open("relative", O_CREAT | O_WRONLY, 0644);
  LIVE_CHECK(fd >= 0);
  close(fd);
  strcat(before, "/relative");
  LIVE_CHECK(access(before, F_OK) == 0);
  return live_end();
}
