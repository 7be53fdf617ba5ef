// SPDX-License-Identifier: Apache-2.0
#include "lower_half/descriptors.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lower_half/complain.hpp"
#include "lower_half/gate_page.hpp"
#include "lower_half/launch_streams.hpp"
#include "lower_half/lending.hpp"
#include "lower_half/options.hpp"
#include "lower_half/process_files.hpp"
#include "lower_half/special_descriptors.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

constexpr int high_descriptors = 700;

bool is_owned(int fd) { return fd < static_cast<int>(tracked_descriptors) && (window().owned[fd / 64] >> (fd % 64) & 1) != 0; }

bool is_lower(int fd) { return fd < static_cast<int>(tracked_descriptors) && (window().lower[fd / 64] >> (fd % 64) & 1) != 0; }

/// Descriptors that the launcher has passed by number in the environment. A child process has the same environment, but not them.
std::vector<std::pair<std::string, int>> launcher_descriptors() {
  std::vector<std::pair<std::string, int>> result;
  for (const char* name : {"PMI_FD", "PMI2_FD", "PMIX_FD"})
    if (const char* value = std::getenv(name); value != nullptr && options().member_of < 0 && fcntl(std::atoi(value), F_GETFD) >= 0)
      result.emplace_back(name, std::atoi(value));
  return result;
}

/// The descriptor that `fd` is a duplicate of: an earlier one of the program, or one of the launcher's 0, 1, 2; -1: none.
int original_of(int fd, const json& earlier) {
  for (const auto& other : earlier)
    if (share_one_description(fd, other["fd"])) return other["fd"];
  for (int inherited : {0, 1, 2})
    if (inherited != fd && !is_owned(inherited) && share_one_description(fd, inherited)) return inherited;
  return -1;
}

void say_lost(const json& entry) {
  say_line(
      fmt::format("descriptor {} ({}) of the program can't be kept; after a restart it is closed", entry["fd"].get<int>(), entry["lost"].get<std::string>()));
}

json describe(int fd, const json& earlier) {
  struct stat facts {};
  fstat(fd, &facts);
  std::string path = link_of(fd);
  json entry = {{"fd", fd}, {"flags", fcntl(fd, F_GETFL)}, {"cloexec", (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0}};
  if (int original = original_of(fd, earlier); original >= 0) {
    entry["same_as"] = original;
    return entry;
  }
  if (int number = launch_stream(fd); number >= 0) {
    entry["launched"] = number;
    return entry;
  }
  if (json special = describe_special(fd, facts, path); !special.is_null()) {
    entry.update(special);
    if (entry.contains("lost")) say_lost(entry);
    return entry;
  }
  if (json file = describe_process_file(fd, path); !file.is_null()) {
    entry.update(file);
    return entry;
  }
  if (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode) && !(S_ISCHR(facts.st_mode) && path.rfind("/dev/", 0) == 0)) {
    entry["lost"] = path;
    say_lost(entry);
    return entry;
  }
  entry["path"] = path;
  entry["offset"] = static_cast<std::int64_t>(lseek(fd, 0, SEEK_CUR));
  if (S_ISREG(facts.st_mode)) entry.update({{"size", facts.st_size}, {"mode", facts.st_mode & 07777}});
  if (json locks = describe_locks(fd); !locks.empty()) entry["locks"] = locks;
  return entry;
}

void duplicate(const json& entry) {
  int fd = entry["fd"];
  if (dup3(entry["same_as"], fd, entry.value("cloexec", false) ? O_CLOEXEC : 0) < 0 && errno != EBADF)
    complain("descriptor {} can't be duplicated from {}: {}", fd, entry["same_as"].get<int>(), std::strerror(errno));
}

bool is_for_writing(const json& entry) { return (entry["flags"].get<int>() & O_ACCMODE) != O_RDONLY; }

/// With nothing in it nothing is lost when the file is made again: a temporary one that the program has removed since.
int open_again(const json& entry) {
  std::string path = entry["path"];
  int flags = (entry["flags"].get<int>() & ~(O_CREAT | O_EXCL | O_TRUNC)) | O_CLOEXEC;
  int opened = open(path.c_str(), flags);
  if (opened < 0 && errno == ENOENT && entry.value("size", -1) == 0 && is_for_writing(entry))
    opened = open(path.c_str(), flags | O_CREAT, entry["mode"].get<mode_t>());
  return opened;
}

/// What the job wrote behind the file's end between the checkpoint and its own is cut off. A file that has become shorter is left as it is.
void cut_off(int fd, const json& entry) {
  struct stat now {};
  if (!options().truncate_files || !entry.contains("size") || !is_for_writing(entry) || fstat(fd, &now) != 0 || now.st_size <= entry["size"].get<off_t>())
    return;
  if (ftruncate(fd, entry["size"].get<off_t>()) != 0)
    complain("the program's file {} can't be cut off at {} bytes: {}; restart with --files keep", entry["path"].get<std::string>(), entry["size"].get<off_t>(),
             std::strerror(errno));
}

void reopen(const json& entry) {
  int fd = entry["fd"];
  std::string path = entry["path"];
  int opened = open_again(entry);
  if (opened < 0) complain("the program's open file {} (descriptor {}) can't be opened again: {}; put it back and restart", path, fd, std::strerror(errno));
  cut_off(opened, entry);
  std::int64_t offset = entry["offset"];
  if (offset >= 0) lseek(opened, offset, SEEK_SET);
  place_descriptor(opened, entry);
  lock_again(fd, entry.value("locks", json::array()));
}

/// What the head of the family has made again.
void take_back(const json& entry) {
  int fd = entry["fd"], now = inherited_number(entry["lent"]);
  if (now < 0 || dup3(now, fd, entry["cloexec"].get<bool>() ? O_CLOEXEC : 0) < 0)
    complain("descriptor {} of a child process can't be had from its parent: {}", fd, now < 0 ? "it was not passed on" : std::strerror(errno));
  lock_again(fd, entry.value("locks", json::array()));
}

/// A launcher of MPI leaves descriptors of its own to its ranks; whoever starts a program without MPI means those that it passes on.
/// Those of a child process may be pipes to its parent, 0, 1, 2, too.
void note_inherited(int fd) {
  bool passed_on = built_with_mpi() == 0 && (fd > 2 || options().member_of >= 0) && (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
  if (passed_on) window().owned[fd / 64] = window().owned[fd / 64] | 1ULL << (fd % 64);
}

}  // namespace

std::string link_of(int fd) {
  char target[4096];
  ssize_t n = readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), target, sizeof target);
  return n > 0 ? std::string(target, static_cast<std::size_t>(n)) : "";
}

/// Two descriptors of one open file. Where kcmp(2) is denied (containers): the signal of F_SETSIG belongs to the open file; without O_ASYNC it has no effect.
bool share_one_description(int a, int b) {
  long compared = syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, a, b);
  if (compared >= 0) return compared == 0;
  int before = fcntl(a, F_GETSIG), other = fcntl(b, F_GETSIG), mark = before == stop_signal ? stop_signal - 1 : stop_signal;
  if (before < 0 || before != other || fcntl(a, F_SETSIG, mark) != 0) return false;
  bool shared = fcntl(b, F_GETSIG) == mark;
  fcntl(a, F_SETSIG, before);
  return shared;
}

std::set<int> open_descriptors() {
  std::set<int> result;
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return result;
  while (dirent* entry = readdir(directory))
    if (entry->d_name[0] != '.' && std::atoi(entry->d_name) != dirfd(directory)) result.insert(std::atoi(entry->d_name));
  closedir(directory);
  return result;
}

int keep_high(int fd) {
  int high = fcntl(fd, F_DUPFD_CLOEXEC, high_descriptors);
  if (high < 0) return fd;
  close(fd);
  return high;
}

void note_lower_descriptor(int fd, bool opened) {
  if (fd < 0 || fd >= static_cast<int>(tracked_descriptors)) return;
  volatile std::uint64_t& word = window().lower[fd / 64];
  std::uint64_t bit = 1ULL << (fd % 64);
  if (opened)
    __atomic_fetch_or(&word, bit, __ATOMIC_RELAXED);
  else
    __atomic_fetch_and(&word, ~bit, __ATOMIC_RELAXED);
}

void note_launch_descriptors() {
  if (options().member_of < 0) note_launch_streams();
  keep_launchers_descriptors();
  for (const auto& [name, fd] : launcher_descriptors()) note_lower_descriptor(fd);
  for (int fd : open_descriptors()) {
    if (fd >= high_descriptors)
      note_lower_descriptor(fd);
    else
      note_inherited(fd);
  }
}

void keep_launchers_descriptors() {
  if (built_with_mpi() == 0 || !options().follow_children) return;
  for (int fd : open_descriptors())
    if (fd > 2) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void note_lower_descriptors(const std::set<int>& before) {
  for (int fd : open_descriptors())
    if (before.count(fd) == 0) note_lower_descriptor(fd);
}

bool is_program_descriptor(int fd) { return is_owned(fd) && !is_lower(fd); }

json describe_descriptors() {
  json result = lent_entries();
  for (int fd : open_descriptors()) {
    if (is_lent(fd) || !(is_program_descriptor(fd) || is_borrowed(fd))) continue;
    result.push_back(describe(fd, result));
    if (is_borrowed(fd)) result.back()["borrowed"] = true;
  }
  return result;
}

void reserve_descriptors(const json& described) {
  std::set<int> wanted;
  for (const auto& entry : described) wanted.insert(entry["fd"].get<int>());
  for (const auto& [name, fd] : launcher_descriptors()) {
    if (wanted.count(fd) == 0) continue;
    int moved = fcntl(fd, F_DUPFD, high_descriptors);
    if (moved < 0) complain("the launcher's descriptor {} ({}) can't be moved: {}", fd, name, std::strerror(errno));
    close(fd);
    setenv(name.c_str(), std::to_string(moved).c_str(), 1);
  }
  int placeholder = keep_high(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int fd : wanted)
    if (fd > 2 && fcntl(fd, F_GETFD) < 0) dup3(placeholder, fd, O_CLOEXEC);
  close(placeholder);
}

void reopen_descriptors(const json& described) {
  for (const auto& entry : described) {
    if (entry.contains("lent")) {
      take_back(entry);
    } else if (entry.contains("launched")) {
      place_launch_stream(entry);
    } else if (entry.contains("path") && !entry.contains("kind")) {
      reopen(entry);
    } else if (entry.contains("lost") && entry["fd"].get<int>() > 2) {
      close(entry["fd"]);
      say_line(fmt::format("descriptor {} ({}) of the program could not be kept and is closed", entry["fd"].get<int>(), entry["lost"].get<std::string>()));
    }
  }
  remake_special(described);
  for (const auto& entry : described)
    if (entry.contains("same_as")) duplicate(entry);
  watch_again(described);
  release_launch_streams();
}

void reopen_late_descriptors(const json& described) {
  std::set<int> late = reopen_process_files(described);
  for (const auto& entry : described)
    if (late.count(entry.value("same_as", -1)) != 0) duplicate(entry);
}

}  // namespace mana::lower
