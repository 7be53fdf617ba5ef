// SPDX-License-Identifier: Apache-2.0
#include "lower_half/watches.hpp"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include "lower_half/complain.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

/// The newest note of the watch; notes of a duplicate of the descriptor are as good.
const WatchNote* note_of(int fd, int watch) {
  const WatchNote* of_duplicate = nullptr;
  for (const WatchNote* note = window().watches; note != nullptr; note = note->next) {
    if (note->watch != watch) continue;
    if (note->descriptor == fd) return note;
    if (of_duplicate == nullptr) of_duplicate = note;
  }
  return of_duplicate;
}

/// The kernel numbers watches upwards: makes and removes until the wanted number comes.
bool watch_again(int fd, int wanted, const std::string& path, std::uint32_t mask) {
  for (;;) {
    int made = inotify_add_watch(fd, path.c_str(), mask);
    if (made < 0 || made == wanted) return made == wanted;
    inotify_rm_watch(fd, made);
    if (made > wanted) return false;
  }
}

/// What the removed watches have left behind.
void discard_events(int fd) {
  char events[8192];
  int flags = fcntl(fd, F_GETFL);
  fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  while (read(fd, events, sizeof events) > 0) {}
  fcntl(fd, F_SETFL, flags);
}

}  // namespace

json describe_watches(int fd, const std::vector<int>& watches) {
  json entry = {{"kind", "inotify"}, {"watches", json::array()}, {"unread", 0}};
  int unread = 0;
  if (ioctl(fd, FIONREAD, &unread) == 0) entry["unread"] = unread;
  for (int watch : watches) {
    const WatchNote* note = note_of(fd, watch);
    entry["watches"].push_back({watch, note != nullptr ? std::string(note->path, note->path_bytes) : "", note != nullptr ? note->mask : 0});
  }
  std::sort(entry["watches"].begin(), entry["watches"].end());
  return entry;
}

int remake_watches(const json& entry) {
  int fd = inotify_init1(IN_CLOEXEC);
  if (fd < 0) return fd;
  for (const json& watch : entry["watches"]) {
    std::string path = watch[1];
    if (path.empty() || !watch_again(fd, watch[0], path, watch[2].get<std::uint32_t>()))
      say_line(fmt::format("inotify can't watch {} any more: {}", path.empty() ? "a path that is not known" : path, std::strerror(errno)));
  }
  discard_events(fd);
  if (entry["unread"].get<int>() > 0) say_line("events of inotify that the program had not read yet are lost");
  return fd;
}

}  // namespace mana::lower
