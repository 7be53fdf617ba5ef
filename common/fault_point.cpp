// SPDX-License-Identifier: Apache-2.0
#include "common/fault_point.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

namespace mana {
namespace {

struct Wanted {
  std::string name, file;
  int rank = -1;  ///< any
};

Wanted read_environment() {
  Wanted wanted;
  const char* text = getenv("MANA_FAULT_POINT");
  const char* blank = text != nullptr ? strchr(text, ' ') : nullptr;
  if (blank == nullptr) return wanted;
  wanted.name.assign(text, blank);
  wanted.file = blank + 1;
  if (const auto colon = wanted.name.find(':'); colon != wanted.name.npos) {
    wanted.rank = std::atoi(wanted.name.c_str() + colon + 1);
    wanted.name.resize(colon);
  }
  return wanted;
}

void wait_for_harm(const std::string& file, int rank) {
  constexpr int looks = 6000, pause_us = 10'000;
  const int fd = open((file + "." + std::to_string(rank)).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd);
  const std::string go = file + ".go";
  for (int i = 0; i < looks && access(go.c_str(), F_OK) != 0; ++i) usleep(pause_us);
}

}  // namespace

void fault_point(const char* name, int rank) {
  static const Wanted wanted = read_environment();
  static std::atomic<bool> done{false};
  if (wanted.name.empty() || wanted.name != name) return;
  if ((wanted.rank >= 0 && wanted.rank != rank) || access((wanted.file + ".armed").c_str(), F_OK) != 0 || done.exchange(true)) return;
  wait_for_harm(wanted.file, rank);
}

}  // namespace mana
