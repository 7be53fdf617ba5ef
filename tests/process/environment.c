// SPDX-License-Identifier: Apache-2.0
// Shows: environment and locale are the program's own at a restart on another host (tests/runner/elsewhere.py); the host's name is asked anew.
// process: cuts=1
// state: Portability | another host name, home directory and environment at the restart; the processor's features are compared with the image's | the program keeps its environment and locale; gethostname tells the new name
#include "fact.h"

#include <langinfo.h>
#include <locale.h>
#include <wchar.h>

extern char** environ;

int main(void) {
  char home[256], codes[64], mark[64], host[256] = "";
  CHECK(setlocale(LC_ALL, "C.UTF-8") != NULL && setenv("ADDED", "by the program", 1) == 0);
  snprintf(home, sizeof home, "%s", getenv("HOME") ? getenv("HOME") : "");
  snprintf(mark, sizeof mark, "%s", getenv("MARK") ? getenv("MARK") : "");
  snprintf(codes, sizeof codes, "%s", nl_langinfo(CODESET));
  char** before = environ;
  cut(0);
  CHECK(strcmp(home, getenv("HOME") ? getenv("HOME") : "") == 0 && strcmp(mark, getenv("MARK") ? getenv("MARK") : "") == 0);
  CHECK(environ == before && strcmp(getenv("ADDED"), "by the program") == 0);
  CHECK(strcmp(codes, nl_langinfo(CODESET)) == 0 && strcmp(codes, "UTF-8") == 0);
  wchar_t wide;
  CHECK(mbrtowc(&wide, "\xc3\xa4", 2, NULL) == 2 && wide == 0xe4);
  CHECK(gethostname(host, sizeof host) == 0 && host[0] != 0);
  return pass();
}
