// SPDX-License-Identifier: Apache-2.0
#include "lower_half/process_files.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lower_half/complain.hpp"
#include "lower_half/proc_stat.hpp"
#include "lower_half/special_descriptors.hpp"
#include "upper_half/resident/thread_ids.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

/// Takes "WORD/NUMBER" from the front of `path`, up to its end or the next slash; -1: it does not begin so.
long take_id(std::string& path, const std::string& word) {
  if (!path.starts_with(word + "/")) return -1;
  std::size_t begin = word.size() + 1, end = std::min(path.find('/', begin), path.size());
  if (end == begin || path.find_first_not_of("0123456789", begin) < end) return -1;
  long id = std::atol(path.c_str() + begin);
  path.erase(0, end);
  return id;
}

/// What tells a process from a later one of the same id: the boot, and its start in ticks since then; "": there is no such process.
std::string identity(long process) {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  const ProcStat stat("/proc/" + std::to_string(process));
  return stat.state() == 0 ? "" : boot + " " + std::to_string(stat.number(22));
}

int open_as(const std::string& path, const json& entry) { return open(path.c_str(), (entry["flags"].get<int>() & ~(O_CREAT | O_EXCL | O_TRUNC)) | O_CLOEXEC); }

/// The same file of a child that ends at once.
int open_of_ended(const json& entry) {
  long child = syscall(SYS_clone, 0, nullptr, nullptr, nullptr, nullptr);  // its end sends no signal
  if (child == 0)
    for (;;) pause();
  if (child < 0) return -1;
  std::string path = "/proc/" + std::to_string(child), rest = entry["path"];
  if (rest.starts_with("/task/")) rest = "/task/" + std::to_string(child) + rest.substr(std::min(rest.find('/', 6), rest.size()));
  int opened = open_as(path + rest, entry), number = errno;
  kill(static_cast<pid_t>(child), SIGKILL);
  waitpid(static_cast<pid_t>(child), nullptr, __WALL);
  errno = number;
  return opened;
}

int open_own(const json& entry) {
  std::string path = "/proc/self";
  if (entry.contains("thread")) path += "/task/" + std::to_string(kernel_thread(entry["thread"].get<long>()));
  return open_as(path + entry["path"].get<std::string>(), entry);
}

int reopened(const json& entry) {
  if (!entry.contains("process")) return open_own(entry);
  long process = entry["process"];
  if (std::string now = identity(process); now.empty() || now != entry["identity"]) return open_of_ended(entry);
  return open_as("/proc/" + std::to_string(process) + entry["path"].get<std::string>(), entry);
}

}  // namespace

json describe_process_file(int fd, const std::string& link) {
  std::string path = link;
  long process = take_id(path, "/proc");
  if (process < 0) return nullptr;
  json entry = {{"kind", "process_file"}, {"link", link}, {"offset", static_cast<std::int64_t>(lseek(fd, 0, SEEK_CUR))}};
  if (process != getpid()) {
    if (constexpr std::string_view gone = " (deleted)"; path.ends_with(gone)) path.resize(path.size() - gone.size());
    entry.update({{"process", process}, {"identity", identity(process)}});
  } else if (long thread = take_id(path, "/task"); thread >= 0) {
    entry["thread"] = noted_id(thread);
  }
  entry["path"] = path;
  return entry;
}

std::set<int> reopen_process_files(const json& described) {
  std::set<int> numbers;
  for (const auto& entry : described) {
    if (entry.value("kind", "") != "process_file" || entry.contains("same_as")) continue;
    int made = reopened(entry);
    if (made < 0)
      complain("the program's open file {} (descriptor {}) can't be opened again: {}", entry["link"].get<std::string>(), entry["fd"].get<int>(),
               std::strerror(errno));
    if (std::int64_t offset = entry["offset"]; offset >= 0) lseek(made, offset, SEEK_SET);
    place_descriptor(made, entry);
    numbers.insert(entry["fd"].get<int>());
  }
  return numbers;
}

}  // namespace mana::lower
