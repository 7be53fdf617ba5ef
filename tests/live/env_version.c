// SPDX-License-Identifier: Apache-2.0
// Shows: version, library version and processor name can be asked before and after a restart.
// live: ranks=2 cuts=all
#include "lib/live.h"

static void ask(void) {
  int version = 0, subversion = -1, length = -1;
  MPI_Get_version(&version, &subversion);
  LIVE_CHECK(version >= 3 && subversion >= 0);
  char library[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  MPI_Get_library_version(library, &length);
  LIVE_CHECK(library[0] && strlen(library) < MPI_MAX_LIBRARY_VERSION_STRING);
  LIVE_CHECK((size_t)length >= strlen(library));  // Open MPI 4.1 counts the closing zero
  char node[MPI_MAX_PROCESSOR_NAME] = "";
  MPI_Get_processor_name(node, &length);
  LIVE_CHECK(length > 0 && length < MPI_MAX_PROCESSOR_NAME && (size_t)length == strlen(node));
}

int main(int argc, char** argv) {
  live_start(&argc, &argv, 2);
  ask();
  live_cut(0);
  ask();
  return live_end();
}
