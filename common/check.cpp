// SPDX-License-Identifier: Apache-2.0
// Log lines and failed checks.
#include "common/check.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace mana {

Speaker& speaker() {
  static Speaker instance;
  return instance;
}

void log_line(const char* format, ...) {
  char line[1024];
  const int rank = speaker().rank;
  int used = rank < 0 ? snprintf(line, sizeof line, "mana: ") : snprintf(line, sizeof line, "mana: rank %d: ", rank);
  va_list arguments;
  va_start(arguments, format);
  used += vsnprintf(line + used, sizeof line - static_cast<std::size_t>(used) - 1, format, arguments);
  va_end(arguments);
  if (used > static_cast<int>(sizeof line) - 2) used = sizeof line - 2;
  line[used++] = '\n';
  [[maybe_unused]] auto written = write(STDERR_FILENO, line, static_cast<std::size_t>(used));
}

void check_failed(const char* condition, const char* file, int line) {
  const int number = errno;
  log_line("BUG: %s:%d: %s is false (%s, phase %s, errno %d %s)", file, line, condition, speaker().half.load(), name_of(speaker().phase), number,
           strerror(number));
  abort();
}

}  // namespace mana
