// SPDX-License-Identifier: Apache-2.0
#include "lower_half/lending.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "coordinator/connection.hpp"
#include "lower_half/descriptors.hpp"
#include "lower_half/number_pairs.hpp"
#include "lower_half/special_descriptors.hpp"
#include "upper_half/resident/window.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

constexpr int first_borrowed = 400, most_at_once = 200, patience_ms = 30000;

std::set<int> borrowed;  // the head's numbers
NumberPairs lent;        // the member's number, the head's
NumberPairs inherited;   // the head's number at the checkpoint, the one now

bool wait_for(int fd, int timeout_ms) {
  pollfd ready{fd, POLLIN, 0};
  return poll(&ready, 1, timeout_ms) == 1;
}

/// Numbers in one packet, with the descriptors themselves beside them.
bool send_descriptors(int connection, const std::vector<int>& numbers) {
  alignas(cmsghdr) char control[CMSG_SPACE(most_at_once * sizeof(int))] = {};
  iovec data{const_cast<int*>(numbers.data()), numbers.size() * sizeof(int)};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(numbers.size() * sizeof(int));
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(numbers.size() * sizeof(int));
  std::memcpy(CMSG_DATA(rights), numbers.data(), numbers.size() * sizeof(int));
  return sendmsg(connection, &message, MSG_NOSIGNAL) >= 0;
}

/// Descriptors of one packet; empty: the member has no more. The numbers are received and of no use here.
Result<std::vector<int>> receive_descriptors(int connection) {
  alignas(cmsghdr) char control[CMSG_SPACE(most_at_once * sizeof(int))] = {};
  std::array<int, most_at_once> numbers{};
  iovec data{numbers.data(), sizeof numbers};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (!wait_for(connection, patience_ms) || recvmsg(connection, &message, MSG_CMSG_CLOEXEC) < 0) return system_error("descriptors of a child process", errno);
  std::vector<int> received;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    received.resize((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(received.data(), CMSG_DATA(part), received.size() * sizeof(int));
  }
  if ((message.msg_flags & MSG_CTRUNC) != 0) return Error{"there is no room for the descriptors of a child process; raise the limit of open files (ulimit -n)"};
  return received;
}

/// What depends on the process that has it open: what it watches, or whose signals it tells of.
bool can_be_lent(int fd) {
  const std::string link = link_of(fd);
  for (const char* own : {"anon_inode:[eventpoll]", "anon_inode:inotify", "anon_inode:[signalfd]", "anon_inode:[pidfd]", "/proc/"})
    if (link.starts_with(own)) return false;
  return true;
}

}  // namespace

Result<LendingDesk> LendingDesk::open(const std::string& name, std::string token) {
  LendingDesk desk;
  desk.token_ = std::move(token);
  sockaddr_storage address;
  socklen_t length = 0;
  if (!to_node_address("@" + name, address, length)) return Error{"a socket for child processes: its name is too long"};
  desk.fd_ = move_high(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (desk.fd_ < 0 || bind(desk.fd_, reinterpret_cast<const sockaddr*>(&address), length) != 0 || listen(desk.fd_, 64) != 0)
    return system_error("a socket for child processes", errno);
  note_lower_descriptor(desk.fd_);
  return desk;
}

LendingDesk::LendingDesk(LendingDesk&& other) noexcept : fd_(std::exchange(other.fd_, -1)), token_(std::move(other.token_)) {}

LendingDesk::~LendingDesk() {
  if (fd_ < 0) return;
  note_lower_descriptor(fd_, false);
  close(fd_);
}

Result<void> LendingDesk::serve(std::size_t members, int timeout_ms) {
  const std::int64_t deadline = steady_ms() + timeout_ms;
  for (std::size_t served = 0; served < members;) {
    const std::int64_t left = deadline - steady_ms();
    if (left <= 0 || !wait_for(fd_, static_cast<int>(left))) return Error{"a child process does not hand out its descriptors"};
    const int connection = move_high(accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
    if (connection < 0) continue;
    std::string token(64, '\0');
    const bool welcome =
        peer_is_this_user(connection) && wait_for(connection, patience_ms) &&
        same_token(std::string(token.data(), static_cast<std::size_t>(std::max<ssize_t>(recv(connection, token.data(), token.size(), 0), 0))), token_);
    auto done = welcome ? serve_one(connection) : Result<void>();
    close(connection);
    if (!done) return done;
    if (welcome) ++served;
  }
  return {};
}

Result<void> LendingDesk::serve_one(int connection) {
  for (;;) {
    auto received = receive_descriptors(connection);
    if (!received) return received.error();
    if (received->empty()) return {};
    for (int& fd : *received) {
      const int kept = fcntl(fd, F_DUPFD_CLOEXEC, first_borrowed);
      close(fd);
      if (kept < 0) return Error{"there are not enough numbers for the descriptors of all child processes; raise the limit of open files (ulimit -n)"};
      borrowed.insert(kept);
      fd = kept;
    }
    if (send(connection, received->data(), received->size() * sizeof(int), MSG_NOSIGNAL) < 0) return system_error("descriptors of a child process", errno);
  }
}

Result<void> lend_descriptors(const std::string& name, const std::string& token) {
  lent.clear();
  std::vector<int> all;
  for (int fd : open_descriptors())
    if (is_program_descriptor(fd) && can_be_lent(fd)) all.push_back(fd);
  sockaddr_storage address;
  socklen_t length = 0;
  if (!to_node_address("@" + name, address, length)) return Error{"a socket for child processes: its name is too long"};
  const int connection = move_high(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  const auto fail = [connection](const char* what) {
    const int number = errno;
    close(connection);
    return system_error(what, number);
  };
  if (connect(connection, reinterpret_cast<const sockaddr*>(&address), length) != 0 || !peer_is_this_user(connection) ||
      send(connection, token.data(), token.size(), MSG_NOSIGNAL) < 0)
    return fail("the parent process can't be reached");
  for (std::size_t at = 0; at < all.size(); at += most_at_once) {
    const std::vector<int> part(all.begin() + static_cast<std::ptrdiff_t>(at),
                                all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), at + most_at_once)));
    std::vector<int> answer(part.size());
    const auto bytes = static_cast<ssize_t>(answer.size() * sizeof(int));
    if (!send_descriptors(connection, part) || !wait_for(connection, patience_ms) ||
        recv(connection, answer.data(), static_cast<std::size_t>(bytes), 0) != bytes)
      return fail("the parent process does not take the descriptors");
    for (std::size_t i = 0; i < part.size(); ++i) lent[part[i]] = answer[i];
  }
  const int nothing = 0;
  send(connection, &nothing, sizeof nothing, MSG_NOSIGNAL);
  close(connection);
  return {};
}

bool is_borrowed(int fd) { return borrowed.count(fd) != 0; }
bool is_lent(int fd) { return lent.count(fd) != 0; }

json lent_entries() {
  json entries = json::array();
  for (const auto& [fd, number] : lent) {
    entries.push_back({{"fd", fd}, {"lent", number}, {"flags", fcntl(fd, F_GETFL)}, {"cloexec", (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0}});
    if (json locks = describe_locks(fd); !locks.empty()) entries.back()["locks"] = locks;
  }
  return entries;
}

void give_back() {
  for (int fd : borrowed) close(fd);
  borrowed.clear();
  lent.clear();
}

void take_inherited(const std::string& text) {
  for (const auto& [number, now] : pairs_of(text)) inherited[number] = keep_high(now);
}

NumberPairs inherited_numbers(const json& described) {
  if (!inherited.empty()) return inherited;
  NumberPairs own;
  for (const auto& entry : described)
    if (entry.value("borrowed", false)) own[entry["fd"]] = entry["fd"];
  return own;
}

int inherited_number(int number) {
  const auto found = inherited.find(number);
  return found == inherited.end() ? -1 : found->second;
}

void close_inherited(const json& described) {
  for (const auto& [number, now] : inherited_numbers(described)) {
    note_lower_descriptor(now, false);
    close(now);
  }
  inherited.clear();
}

}  // namespace mana::lower
