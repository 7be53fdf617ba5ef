// SPDX-License-Identifier: Apache-2.0
#include "lower_half/sockets.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "lower_half/complain.hpp"
#include "lower_half/hex_text.hpp"
#include "lower_half/special_descriptors.hpp"

namespace mana::lower {
namespace {

using nlohmann::json;

struct Option {
  int level, name;
  const char* text;
};
constexpr Option kept_options[] = {{SOL_SOCKET, SO_REUSEADDR, "reuseaddr"}, {SOL_SOCKET, SO_REUSEPORT, "reuseport"}, {SOL_SOCKET, SO_KEEPALIVE, "keepalive"},
                                   {SOL_SOCKET, SO_BROADCAST, "broadcast"}, {SOL_SOCKET, SO_PASSCRED, "passcred"},   {IPPROTO_TCP, TCP_NODELAY, "nodelay"},
                                   {IPPROTO_IPV6, IPV6_V6ONLY, "v6only"}};

int int_option(int fd, int level, int name, int otherwise = -1) {
  int value = 0;
  socklen_t bytes = sizeof value;
  return getsockopt(fd, level, name, &value, &bytes) == 0 ? value : otherwise;
}

void set_int_option(int fd, int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof value); }

template <class Ask>
std::string address_of(int fd, Ask ask) {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  if (ask(fd, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) return "";
  return std::string(reinterpret_cast<const char*>(&address), bytes);
}

/// The inode of a Unix socket's peer, 0: none or unknown.
std::uint32_t unix_peer(std::uint32_t inode) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return 0;
  struct {
    nlmsghdr head;
    unix_diag_req request;
  } question{};
  question.head.nlmsg_len = sizeof question;
  question.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.head.nlmsg_flags = NLM_F_REQUEST;
  question.request.sdiag_family = AF_UNIX;
  question.request.udiag_states = ~0U;
  question.request.udiag_ino = inode;
  question.request.udiag_show = UDIAG_SHOW_PEER;
  question.request.udiag_cookie[0] = question.request.udiag_cookie[1] = ~0U;
  alignas(nlmsghdr) char answer[4096];
  std::uint32_t peer = 0;
  ssize_t got = send(fd, &question, sizeof question, 0) > 0 ? recv(fd, answer, sizeof answer, 0) : -1;
  auto* head = reinterpret_cast<nlmsghdr*>(answer);
  if (got >= static_cast<ssize_t>(sizeof(nlmsghdr) + sizeof(unix_diag_msg)) && head->nlmsg_type == SOCK_DIAG_BY_FAMILY) {
    int left = static_cast<int>(head->nlmsg_len - NLMSG_LENGTH(sizeof(unix_diag_msg)));
    auto* attribute = reinterpret_cast<rtattr*>(static_cast<char*>(NLMSG_DATA(head)) + NLMSG_ALIGN(sizeof(unix_diag_msg)));
    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
      if (attribute->rta_type == UNIX_DIAG_PEER) std::memcpy(&peer, RTA_DATA(attribute), sizeof peer);
  }
  close(fd);
  return peer;
}

/// What has arrived and was not read, message by message, left where it is.
json waiting_data(int fd, int type) {
  json messages = json::array();
  std::string buffer(1 << 20, '\0');
  int before = int_option(fd, SOL_SOCKET, SO_PEEK_OFF, -2);
  bool stream = type == SOCK_STREAM;
  if (before == -2) {  // TCP before Linux 6.9: one look sees all of it
    ssize_t got = recv(fd, buffer.data(), buffer.size(), MSG_PEEK | MSG_DONTWAIT);
    if (got > 0) messages.push_back(to_hex({buffer.data(), static_cast<std::size_t>(got)}));
    return messages;
  }
  set_int_option(fd, SOL_SOCKET, SO_PEEK_OFF, 0);
  ssize_t got;
  while ((got = recv(fd, buffer.data(), buffer.size(), MSG_PEEK | MSG_DONTWAIT)) > 0 || (got == 0 && !stream && messages.size() < 1000))
    messages.push_back(to_hex({buffer.data(), static_cast<std::size_t>(got)}));
  set_int_option(fd, SOL_SOCKET, SO_PEEK_OFF, before);
  return messages;
}

bool is_connected_stream(const json& entry) {
  return entry["type"] != SOCK_DGRAM && (!entry["remote"].get<std::string>().empty() || entry.value("peer", 0U) != 0);
}

bool is_inet(int domain) { return domain == AF_INET || domain == AF_INET6; }

int new_socket(const json& entry) {
  int fd = socket(entry["domain"], entry["type"].get<int>() | SOCK_CLOEXEC, entry["protocol"]);
  if (fd < 0) complain("a socket of the program (descriptor {}) can't be made again: {}", entry["fd"].get<int>(), std::strerror(errno));
  return fd;
}

void set_options(int fd, const json& entry) {
  for (const Option& option : kept_options)
    // SO_REUSEADDR stays set where it was not: a connection that has the port of a listening socket must let it be bound again.
    if (entry["options"].contains(option.text) && !(option.name == SO_REUSEADDR && option.level == SOL_SOCKET && is_connected_stream(entry)))
      set_int_option(fd, option.level, option.name, entry["options"][option.text]);
  for (auto [name, key] : {std::pair{SO_SNDBUF, "sndbuf"}, std::pair{SO_RCVBUF, "rcvbuf"}})
    if (int wanted = entry[key]; wanted > 0 && int_option(fd, SOL_SOCKET, name) != wanted) set_int_option(fd, SOL_SOCKET, name, wanted / 2);
}

bool use_address(int fd, const std::string& address, int (*use)(int, const sockaddr*, socklen_t)) {
  sockaddr_storage storage{};
  std::memcpy(&storage, address.data(), std::min(address.size(), sizeof storage));
  return use(fd, reinterpret_cast<const sockaddr*>(&storage), static_cast<socklen_t>(address.size())) == 0;
}

void send_waiting(const json& receiver, int sender) {
  for (const auto& message : receiver["data"]) {
    std::string bytes = from_hex(message.get<std::string>());
    if (send(sender, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
      say_line(fmt::format("data in flight to a socket (descriptor {}) is lost: {}", receiver["fd"].get<int>(), std::strerror(errno)));
  }
}

struct Ends {
  int first = -1, second = -1;
};

/// A connection at its former addresses; {-1, -1} where they are taken. The kernel keeps those of the former process's connection
/// for about a second.
Ends connect_at(const json& entry, const std::string& local, const std::string& remote) {
  for (int attempt = 0; attempt < 15 && !local.empty(); ++attempt) {
    int listener = new_socket(entry);
    Ends ends{new_socket(entry), -1};
    for (int fd : {listener, ends.first}) set_int_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    bool good =
        use_address(listener, remote, bind) && listen(listener, 1) == 0 && use_address(ends.first, local, bind) && use_address(ends.first, remote, connect);
    if (good) ends.second = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    int why = errno;
    close(listener);
    if (good) return ends;
    close(ends.first);
    usleep(100000);
    errno = why;
  }
  return {};
}

/// A TCP connection inside of this process: `first` at the address `local`, `second` at `remote`; others where those are taken.
Ends connect_inside(const json& entry, const std::string& local, const std::string& remote) {
  Ends ends = connect_at(entry, local, remote);
  int taken = errno;
  if (ends.first < 0) {
    int listener = new_socket(entry);
    ends.first = new_socket(entry);
    sockaddr_storage loopback{};
    loopback.ss_family = static_cast<sa_family_t>(entry["domain"].get<int>());
    if (loopback.ss_family == AF_INET)
      reinterpret_cast<sockaddr_in&>(loopback).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
      reinterpret_cast<sockaddr_in6&>(loopback).sin6_addr = IN6ADDR_LOOPBACK_INIT;
    bind(listener, reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback);
    listen(listener, 1);
    if (!use_address(ends.first, address_of(listener, getsockname), connect))
      complain("a connection inside of the program can't be made again: {}", std::strerror(errno));
    if (!local.empty())
      say_line(
          fmt::format("the connection on descriptor {} has other ports than before: its own are taken ({})", entry["fd"].get<int>(), std::strerror(taken)));
    ends.second = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    close(listener);
  }
  return ends;
}

/// The other end of a connection, when this process holds it too.
const json* partner_of(const json& entry, const json& entries) {
  for (const auto& other : entries) {
    if (other.value("kind", "") != "socket" || other.contains("same_as") || other["fd"] == entry["fd"] || other["domain"] != entry["domain"] ||
        other["type"] != entry["type"])
      continue;
    bool unix_pair = entry["domain"] == AF_UNIX && other["inode"] == entry["peer"] && other["peer"] == entry["inode"];
    bool tcp_pair = is_inet(entry["domain"]) && entry["type"] == SOCK_STREAM && other["local"] == entry["remote"] && other["remote"] == entry["local"];
    if (unix_pair || tcp_pair) return &other;
  }
  return nullptr;
}

Ends make_ends(const json& entry) {
  if (entry["domain"] != AF_UNIX) return connect_inside(entry, from_hex(entry["local"].get<std::string>()), from_hex(entry["remote"].get<std::string>()));
  int both[2];
  if (socketpair(AF_UNIX, entry["type"].get<int>() | SOCK_CLOEXEC, entry["protocol"], both) != 0)
    complain("a socket pair can't be made again: {}", std::strerror(errno));
  return {both[0], both[1]};
}

void remake_pair(const json& one, const json& other) {
  Ends ends = make_ends(one);
  set_options(ends.first, one);
  set_options(ends.second, other);
  send_waiting(one, ends.second);
  send_waiting(other, ends.first);
  place_descriptor(ends.first, one);
  place_descriptor(ends.second, other);
}

/// The peer was outside of this process: what it had sent can be read, then the connection is gone.
void remake_orphan(const json& entry) {
  int both[2] = {-1, -1};
  if (entry["domain"] == AF_UNIX) {
    Ends ends = make_ends(entry);
    both[0] = ends.first;
    both[1] = ends.second;
  } else {
    Ends ends = connect_inside(entry, "", "");
    both[0] = ends.first;
    both[1] = ends.second;
    linger reset{1, 0};
    setsockopt(both[1], SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  set_options(both[0], entry);
  send_waiting(entry, both[1]);
  close(both[1]);
  place_descriptor(both[0], entry);
  say_line(fmt::format("the peer of a socket (descriptor {}) is outside of the program; it reads as closed", entry["fd"].get<int>()));
}

/// Bound, listening or fresh sockets.
void remake_single(const json& entry) {
  int fd = new_socket(entry);
  set_options(fd, entry);
  std::string local = from_hex(entry["local"].get<std::string>());
  constexpr std::size_t path_at = offsetof(sockaddr_un, sun_path);
  bool has_name = entry["domain"] == AF_UNIX ? local.size() > path_at : entry["bound"].get<bool>();
  if (has_name) {
    if (entry["domain"] == AF_UNIX && local[path_at] == '/') unlink(local.c_str() + path_at);
    if (is_inet(entry["domain"])) set_int_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (!use_address(fd, local, bind))
      complain("the program's socket (descriptor {}) can't have its address again: {}; free it and restart", entry["fd"].get<int>(), std::strerror(errno));
  }
  if (entry["listens"].get<bool>() && listen(fd, SOMAXCONN) != 0)
    complain("the program's socket (descriptor {}) can't listen at its address again: {}; free it and restart", entry["fd"].get<int>(), std::strerror(errno));
  place_descriptor(fd, entry);
}

/// Datagram sockets that had a peer by address: connected when all are bound.
void connect_datagrams(const json& entries) {
  for (const auto& entry : entries) {
    if (entry.value("kind", "") != "socket" || entry.contains("same_as") || entry["type"] != SOCK_DGRAM || entry["remote"].get<std::string>().empty()) continue;
    if (entry["domain"] == AF_UNIX && partner_of(entry, entries) != nullptr) continue;
    if (!use_address(entry["fd"], from_hex(entry["remote"].get<std::string>()), connect))
      say_line(fmt::format("the peer of a socket (descriptor {}) is not there: {}", entry["fd"].get<int>(), std::strerror(errno)));
  }
}

bool has_port(const std::string& address) { return address.size() >= sizeof(sockaddr_in) && (address[2] != 0 || address[3] != 0); }

}  // namespace

json describe_socket(int fd, const struct stat& facts) {
  int domain = int_option(fd, SOL_SOCKET, SO_DOMAIN), type = int_option(fd, SOL_SOCKET, SO_TYPE);
  if (domain != AF_UNIX && !is_inet(domain)) return {{"lost", fmt::format("a socket of address family {}", domain)}};
  std::string local = address_of(fd, getsockname);
  json entry = {{"kind", "socket"},
                {"domain", domain},
                {"type", type},
                {"protocol", int_option(fd, SOL_SOCKET, SO_PROTOCOL, 0)},
                {"inode", static_cast<std::uint32_t>(facts.st_ino)},
                {"listens", int_option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1},
                {"local", to_hex(local)},
                {"bound", is_inet(domain) && has_port(local)},
                {"remote", to_hex(address_of(fd, getpeername))},
                {"sndbuf", int_option(fd, SOL_SOCKET, SO_SNDBUF)},
                {"rcvbuf", int_option(fd, SOL_SOCKET, SO_RCVBUF)},
                {"options", json::object()}};
  for (const Option& option : kept_options)
    if (int value = int_option(fd, option.level, option.name); value >= 0) entry["options"][option.text] = value;
  entry["peer"] = domain == AF_UNIX ? unix_peer(static_cast<std::uint32_t>(facts.st_ino)) : 0;
  entry["data"] = entry["listens"].get<bool>() ? json::array() : waiting_data(fd, type);
  return entry;
}

void remake_sockets(const json& entries) {
  std::set<int> done;
  // Connections before listening sockets: both may have one port.
  for (bool listening : {false, true}) {
    for (const auto& entry : entries) {
      if (entry.value("kind", "") != "socket" || entry.contains("same_as") || entry["listens"] != listening || done.count(entry["fd"]) != 0) continue;
      const json* partner = listening ? nullptr : partner_of(entry, entries);
      if (partner != nullptr) {
        remake_pair(entry, *partner);
        done.insert((*partner)["fd"].get<int>());
      } else if (!listening && is_connected_stream(entry)) {
        remake_orphan(entry);
      } else {
        remake_single(entry);
      }
    }
  }
  connect_datagrams(entries);
}

}  // namespace mana::lower
