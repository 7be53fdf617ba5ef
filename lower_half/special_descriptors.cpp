// SPDX-License-Identifier: Apache-2.0
#include "lower_half/special_descriptors.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lower_half/complain.hpp"
#include "lower_half/hex_text.hpp"
#include "lower_half/message_queues.hpp"
#include "lower_half/shared_memory.hpp"
#include "lower_half/sockets.hpp"
#include "lower_half/terminals.hpp"
#include "lower_half/watches.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

constexpr off_t most_content = 16 << 20;  // of a file without a name; it is kept in the image's facts

/// The lines of /proc/self/fdinfo/FD as "key: value".
std::vector<std::pair<std::string, std::string>> fd_facts(int fd) {
  std::vector<std::pair<std::string, std::string>> result;
  std::ifstream in(fmt::format("/proc/self/fdinfo/{}", fd));
  for (std::string line; std::getline(in, line);) {
    auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    auto value = line.find_first_not_of(" \t", colon + 1);
    result.emplace_back(line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1), value == std::string::npos ? "" : line.substr(value));
  }
  return result;
}

std::string fd_fact(int fd, const std::string& wanted) {
  for (const auto& [key, value] : fd_facts(fd))
    if (key == wanted) return value;
  return "";
}

// ---- Pipes and FIFOs

/// What is in the pipe, without taking it out.
std::string pipe_content(int fd, int capacity) {
  int bytes = 0, copy[2];
  if (ioctl(fd, FIONREAD, &bytes) != 0 || bytes <= 0 || pipe2(copy, O_CLOEXEC | O_NONBLOCK) != 0) return "";
  fcntl(copy[1], F_SETPIPE_SZ, capacity);
  std::string content(static_cast<std::size_t>(bytes), '\0');
  ssize_t got = tee(fd, copy[1], content.size(), SPLICE_F_NONBLOCK);
  got = got > 0 ? read(copy[0], content.data(), content.size()) : 0;
  if (got < bytes)
    say_line(fmt::format("of {} bytes in a pipe (descriptor {}) only {} could be read for the checkpoint", bytes, fd, std::max<ssize_t>(got, 0)));
  content.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  close(copy[0]);
  close(copy[1]);
  return content;
}

json describe_pipe(int fd, const struct stat& facts, const std::string& link) {
  int capacity = fcntl(fd, F_GETPIPE_SZ);
  bool reads = (fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY;
  json entry = {{"kind", "pipe"}, {"pipe", fmt::format("{}:{}", facts.st_dev, facts.st_ino)}, {"capacity", capacity}};
  if (link.starts_with('/')) entry["path"] = link;
  if (reads) entry["data"] = to_hex(pipe_content(fd, capacity));
  return entry;
}

/// All ends of one pipe. Two ends are opened to begin with and closed at last, so that nothing waits for its other end.
void remake_pipe(const std::vector<json>& ends) {
  int both[2];
  std::string name = ends[0].value("path", "");
  if (name.empty()) {
    if (pipe2(both, O_CLOEXEC) != 0) complain("a pipe can't be made: {}", std::strerror(errno));
  } else {
    both[0] = open(name.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (both[0] < 0) complain("the program's FIFO {} can't be opened again: {}; put it back and restart", name, std::strerror(errno));
    both[1] = fcntl(both[0], F_DUPFD_CLOEXEC, 0);
  }
  fcntl(both[1], F_SETPIPE_SZ, ends[0]["capacity"].get<int>());
  for (const auto& end : ends) {
    if (!end.contains("data")) continue;
    std::string content = from_hex(end["data"].get<std::string>());
    int blocking = fcntl(both[1], F_GETFL);
    fcntl(both[1], F_SETFL, blocking | O_NONBLOCK);
    ssize_t put = write(both[1], content.data(), content.size());
    fcntl(both[1], F_SETFL, blocking);
    if (put < static_cast<ssize_t>(content.size())) say_line(fmt::format("of {} bytes in a pipe only {} are back", content.size(), std::max<ssize_t>(put, 0)));
    break;
  }
  for (const auto& end : ends) {
    int mode = end["flags"].get<int>() & O_ACCMODE;
    std::string again = fmt::format("/proc/self/fd/{}", both[mode == O_WRONLY ? 1 : 0]);
    int made = open(again.c_str(), mode | O_NONBLOCK | O_CLOEXEC);
    if (made < 0) complain("a pipe's end can't be opened: {}", std::strerror(errno));
    place_descriptor(made, end);
  }
  close(both[0]);
  close(both[1]);
}

void remake_pipes(const json& entries) {
  std::map<std::string, std::vector<json>> pipes;
  for (const auto& entry : entries)
    if (entry.value("kind", "") == "pipe" && !entry.contains("same_as")) pipes[entry["pipe"]].push_back(entry);
  for (const auto& [pipe, ends] : pipes) remake_pipe(ends);
}

// ---- What the kernel counts and waits with

json describe_timer(int fd) {
  json entry = {{"kind", "timerfd"}};
  long long seconds = 0, nanoseconds = 0;
  for (const auto& [key, value] : fd_facts(fd)) {
    if (key == "clockid" || key == "ticks") entry[key] = std::atoll(value.c_str());
    if ((key == "it_value" || key == "it_interval") && std::sscanf(value.c_str(), "(%lld, %lld)", &seconds, &nanoseconds) == 2)
      entry[key] = {seconds, nanoseconds};
  }
  return entry;
}

int remake_timer(const json& entry) {
  int made = timerfd_create(entry["clockid"].get<int>(), TFD_CLOEXEC);
  const auto time = [&entry](const char* key) { return timespec{entry[key][0].get<long>(), entry[key][1].get<long>()}; };
  itimerspec setting{time("it_interval"), time("it_value")};
  if (made >= 0) timerfd_settime(made, 0, &setting, nullptr);
  std::uint64_t ticks = entry["ticks"].get<std::uint64_t>();
  if (ticks != 0 && made >= 0 && ioctl(made, _IOW('T', 0, std::uint64_t), &ticks) != 0) say_line("expirations of a timerfd that were not read yet are lost");
  return made;
}

json describe_epoll(int fd) {
  json watched = json::array();
  for (const auto& [key, value] : fd_facts(fd)) {
    int target = -1;
    unsigned events = 0;
    unsigned long long data = 0;
    if (key == "tfd" && std::sscanf(value.c_str(), "%d events: %x data: %llx", &target, &events, &data) == 3) watched.push_back({target, events, data});
  }
  return {{"kind", "epoll"}, {"watched", watched}};
}

int remake_signals(const json& entry) {
  std::uint64_t mask = std::stoull(entry["mask"].get<std::string>(), nullptr, 16);
  return static_cast<int>(syscall(SYS_signalfd4, -1, &mask, 8, O_CLOEXEC));
}

int remake_counter(const json& entry) {
  int made = eventfd(0, EFD_CLOEXEC | (entry["semaphore"].get<bool>() ? EFD_SEMAPHORE : 0));
  auto count = std::stoull(entry["count"].get<std::string>(), nullptr, 16);
  if (count != 0 && write(made, &count, sizeof count) < 0) say_line("the count of an eventfd is lost");
  return made;
}

json describe_inotify(int fd) {
  std::vector<int> watches;
  for (const auto& [key, value] : fd_facts(fd))
    if (key == "inotify wd") watches.push_back(static_cast<int>(std::stoul(value, nullptr, 16)));
  return describe_watches(fd, watches);
}

json describe_anonymous(int fd, const std::string& kind) {
  if (kind == "[eventfd]") return {{"kind", "eventfd"}, {"count", fd_fact(fd, "eventfd-count")}, {"semaphore", fd_fact(fd, "eventfd-semaphore") == "1"}};
  if (kind == "[signalfd]") return {{"kind", "signalfd"}, {"mask", fd_fact(fd, "sigmask")}};
  if (kind == "[timerfd]") return describe_timer(fd);
  if (kind == "[eventpoll]") return describe_epoll(fd);
  if (kind == "inotify") return describe_inotify(fd);
  if (kind == "[pidfd]" && fd_fact(fd, "Pid") == std::to_string(getpid())) return {{"kind", "pidfd"}};
  return {{"lost", "anon_inode:" + kind}};
}

// ---- Files without a name: deleted ones, memfds

json describe_nameless(int fd, const struct stat& facts, const std::string& link) {
  std::string key = object_key(facts.st_dev, facts.st_ino);
  bool mapped = is_mapped_object(key);
  if (facts.st_size > most_content && !mapped) return {{"lost", fmt::format("{}, {} bytes without a name", link, facts.st_size)}};
  std::string content(facts.st_size > most_content ? 0 : static_cast<std::size_t>(facts.st_size), '\0');
  int readable = open(fmt::format("/proc/self/fd/{}", fd).c_str(), O_RDONLY | O_CLOEXEC);
  ssize_t got = readable >= 0 ? pread(readable, content.data(), content.size(), 0) : -1;
  if (readable >= 0) close(readable);
  if (got != static_cast<ssize_t>(content.size())) return {{"lost", link + ", which could not be read"}};
  json entry = {{"kind", "nameless"}, {"object", key}, {"bytes", facts.st_size}, {"path", link}, {"data", to_hex(content)}, {"mode", facts.st_mode & 0777}};
  entry["offset"] = static_cast<std::int64_t>(lseek(fd, 0, SEEK_CUR));
  if (int seals = fcntl(fd, F_GET_SEALS); seals >= 0) entry["seals"] = seals;
  return entry;
}

int make_nameless(const json& entry) {
  std::string path = entry["path"];
  std::string content = from_hex(entry["data"].get<std::string>());
  int mapped = made_object(entry["object"]);
  int made = mapped >= 0 ? fcntl(mapped, F_DUPFD_CLOEXEC, 0) : -1;
  if (made >= 0) {
    if (ftruncate(made, entry["bytes"].get<off_t>()) != 0) say_line(fmt::format("the size of {} can't be set: {}", path, std::strerror(errno)));
  } else if (path.starts_with("/memfd:")) {
    std::string name = path.substr(7, path.find(" (deleted)") - 7);
    made = static_cast<int>(syscall(SYS_memfd_create, name.c_str(), 3 /* MFD_CLOEXEC | MFD_ALLOW_SEALING */));
  } else {
    for (const std::string& directory : {path.substr(0, path.rfind('/') + 1), std::string("/tmp")})
      if (made < 0) made = open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, entry["mode"].get<unsigned>());
  }
  if (made < 0 || pwrite(made, content.data(), content.size(), 0) != static_cast<ssize_t>(content.size()))
    complain("the program's file without a name {} can't be made again: {}", path, std::strerror(errno));
  if (path.starts_with("/memfd:")) fcntl(made, F_ADD_SEALS, entry.value("seals", 0));
  return made;
}

void remake_nameless(const json& entries) {
  std::map<std::string, int> objects;
  for (const auto& entry : entries) {
    if (entry.value("kind", "") != "nameless" || entry.contains("same_as")) continue;
    std::string object = entry["object"];
    if (objects.count(object) == 0) objects[object] = make_nameless(entry);
    int flags = entry["flags"].get<int>() & ~(O_CREAT | O_EXCL | O_TRUNC | O_TMPFILE | O_NOFOLLOW);
    int made = open(fmt::format("/proc/self/fd/{}", objects[object]).c_str(), flags | O_CLOEXEC);
    if (made < 0) complain("the program's file without a name {} can't be opened again: {}", entry["path"].get<std::string>(), std::strerror(errno));
    lseek(made, entry["offset"].get<std::int64_t>(), SEEK_SET);
    place_descriptor(made, entry);
  }
  for (const auto& [object, fd] : objects) close(fd);
}

}  // namespace

json describe_special(int fd, const struct stat& facts, const std::string& link) {
  constexpr std::string_view anonymous = "anon_inode:";
  if (S_ISFIFO(facts.st_mode)) return describe_pipe(fd, facts, link);
  if (S_ISSOCK(facts.st_mode)) return describe_socket(fd, facts);
  if (link.starts_with(anonymous)) return describe_anonymous(fd, link.substr(anonymous.size()));
  if (json queue = describe_message_queue(fd, link); !queue.is_null()) return queue;
  if (S_ISREG(facts.st_mode) && facts.st_nlink == 0) return describe_nameless(fd, facts, link);
  return describe_terminal(fd, facts, link);
}

void remake_special(const json& entries) {
  remake_pipes(entries);
  remake_sockets(entries);
  remake_nameless(entries);
  remake_terminals(entries);
  for (const auto& entry : entries) {
    std::string kind = entry.value("kind", "");
    if (entry.contains("same_as")) continue;
    int made = -1;
    if (kind == "eventfd")
      made = remake_counter(entry);
    else if (kind == "signalfd")
      made = remake_signals(entry);
    else if (kind == "timerfd")
      made = remake_timer(entry);
    else if (kind == "inotify")
      made = remake_watches(entry);
    else if (kind == "mqueue")
      made = remake_message_queue(entry);
    else if (kind == "pidfd")
      made = static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0));
    else if (kind == "epoll")
      made = epoll_create1(EPOLL_CLOEXEC);
    else
      continue;
    if (made < 0) complain("the program's {} (descriptor {}) can't be made again: {}", kind, entry["fd"].get<int>(), std::strerror(errno));
    place_descriptor(made, entry);
  }
}

void watch_again(const json& entries) {
  for (const auto& entry : entries) {
    if (entry.value("kind", "") != "epoll" || entry.contains("same_as")) continue;
    for (const auto& watched : entry["watched"]) {
      epoll_event event{};
      event.events = watched[1].get<unsigned>();
      event.data.u64 = watched[2].get<std::uint64_t>();
      if (epoll_ctl(entry["fd"], EPOLL_CTL_ADD, watched[0], &event) != 0)
        say_line(
            fmt::format("epoll (descriptor {}) can't watch descriptor {} any more: {}", entry["fd"].get<int>(), watched[0].get<int>(), std::strerror(errno)));
    }
  }
}

json describe_locks(int fd) {
  json locks = json::array();
  for (const auto& [key, value] : fd_facts(fd)) {
    char kind[16], advisory[16], type[16], start[32], end[32];
    if (key != "lock" || std::sscanf(value.c_str(), "%*d: %15s %15s %15s %*s %*s %31s %31s", kind, advisory, type, start, end) != 5) continue;
    locks.push_back({kind, type, std::atoll(start), std::strcmp(end, "EOF") == 0 ? -1 : std::atoll(end)});
  }
  return locks;
}

void lock_again(int fd, const json& locks) {
  for (const auto& lock : locks) {
    std::string kind = lock[0];
    bool writes = lock[1] == "WRITE";
    struct flock range {};
    range.l_type = writes ? F_WRLCK : F_RDLCK;
    range.l_whence = SEEK_SET;
    range.l_start = lock[2].get<off_t>();
    range.l_len = lock[3].get<off_t>() < 0 ? 0 : lock[3].get<off_t>() - range.l_start + 1;
    int result = kind == "FLOCK" ? flock(fd, (writes ? LOCK_EX : LOCK_SH) | LOCK_NB) : fcntl(fd, kind == "OFDLCK" ? F_OFD_SETLK : F_SETLK, &range);
    if (result != 0) say_line(fmt::format("the program's lock on descriptor {} is held by somebody else now: {}", fd, std::strerror(errno)));
  }
}

void place_descriptor(int made, const json& entry) {
  int fd = entry["fd"];
  fcntl(made, F_SETFL, entry["flags"].get<int>());
  if (made == fd) {
    fcntl(fd, F_SETFD, entry.value("cloexec", false) ? FD_CLOEXEC : 0);
    return;
  }
  if (dup3(made, fd, entry.value("cloexec", false) ? O_CLOEXEC : 0) < 0) complain("descriptor {} can't be occupied: {}", fd, std::strerror(errno));
  close(made);
}

}  // namespace mana::lower
