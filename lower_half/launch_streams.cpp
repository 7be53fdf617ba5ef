// SPDX-License-Identifier: Apache-2.0
#include "lower_half/launch_streams.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "lower_half/complain.hpp"
#include "lower_half/descriptors.hpp"

namespace mana::lower {
namespace {

struct Stream {
  bool known = false;
  struct stat facts {};
  int access = 0;
  int kept = -1;  ///< a duplicate of ours
};
Stream streams[3];

/// Of a pipe or socket none is kept for long: the other end waits for the last to be closed.
bool may_be_kept(const Stream& stream) { return S_ISREG(stream.facts.st_mode); }

void note(int number, bool at_restart) {
  Stream& stream = streams[number];
  stream = {};
  stream.known = fstat(number, &stream.facts) == 0;
  if (!stream.known) return;
  stream.access = fcntl(number, F_GETFL) & O_ACCMODE;
  if (!at_restart && !may_be_kept(stream)) return;
  stream.kept = keep_high(fcntl(number, F_DUPFD_CLOEXEC, 3));
  if (!at_restart) note_lower_descriptor(stream.kept);  // where there is no window yet, all that is open is noted later
}

bool is_same(int fd, const Stream& stream) {
  struct stat facts {};
  if (!stream.known || fstat(fd, &facts) != 0 || facts.st_dev != stream.facts.st_dev || facts.st_ino != stream.facts.st_ino) return false;
  if (S_ISREG(facts.st_mode)) return stream.kept >= 0 && share_one_description(fd, stream.kept);
  if (S_ISFIFO(facts.st_mode)) return (fcntl(fd, F_GETFL) & O_ACCMODE) == stream.access;
  return S_ISSOCK(facts.st_mode);
}

}  // namespace

void note_launch_streams() {
  for (int number = 0; number < 3; ++number) note(number, false);
}

int launch_stream(int fd) {
  for (int number : {fd, 0, 1, 2})
    if (number >= 0 && number < 3 && is_same(fd, streams[number])) return number;
  return -1;
}

void hold_launch_streams() {
  for (int number = 0; number < 3; ++number) note(number, true);
}

void release_launch_streams() {
  for (Stream& stream : streams) {
    if (stream.kept < 0 || may_be_kept(stream)) continue;
    close(stream.kept);
    note_lower_descriptor(stream.kept, false);
    stream.kept = -1;
  }
}

void place_launch_stream(const nlohmann::json& entry) {
  const int fd = entry["fd"], kept = streams[entry["launched"].get<int>()].kept;
  if (kept < 0) {
    close(fd);
    return say_line(fmt::format("descriptor {} of the program was descriptor {} of its launch, which the restart has not got; it is closed", fd,
                                entry["launched"].get<int>()));
  }
  if (dup3(kept, fd, entry.value("cloexec", false) ? O_CLOEXEC : 0) < 0) complain("descriptor {} can't be occupied: {}", fd, std::strerror(errno));
}

}  // namespace mana::lower
