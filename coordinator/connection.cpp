// SPDX-License-Identifier: Apache-2.0
// Sockets with time limits.
#include "coordinator/connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>

#include "common/fork_pause.hpp"

namespace mana {
bool to_node_address(const std::string& text, sockaddr_storage& address, socklen_t& length) {
  auto* local = reinterpret_cast<sockaddr_un*>(&address);
  if (text.size() < 2 || text[0] != '@' || text.size() > sizeof local->sun_path) return false;
  address = {};
  local->sun_family = AF_UNIX;
  memcpy(local->sun_path + 1, text.data() + 1, text.size() - 1);
  length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size());
  return true;
}

namespace {

constexpr int listen_backlog = 1024;

bool to_socket_address(const std::string& text, std::uint16_t port, sockaddr_storage& address, socklen_t& length) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
  if (to_node_address(text, address, length)) return true;
  address = {};
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    length = sizeof *v4;
    return true;
  }
  if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    length = sizeof *v6;
    return true;
  }
  return false;
}

/// Numeric addresses of the interfaces that are up: networks first, then the loopback.
std::vector<std::string> interface_addresses(bool loopback_only) {
  std::vector<std::string> networks, loopback{"127.0.0.1"};
  ifaddrs* list = nullptr;
  if (!loopback_only && getifaddrs(&list) == 0) {
    for (ifaddrs* i = list; i != nullptr; i = i->ifa_next) {
      if (i->ifa_addr == nullptr || i->ifa_addr->sa_family != AF_INET || !(i->ifa_flags & IFF_UP) || (i->ifa_flags & IFF_LOOPBACK)) continue;
      char text[INET6_ADDRSTRLEN];
      if (inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(i->ifa_addr)->sin_addr, text, sizeof text)) networks.emplace_back(text);
    }
    freeifaddrs(list);
  }
  networks.insert(networks.end(), loopback.begin(), loopback.end());
  return networks;
}

int wait_for(pollfd& ready, int timeout_ms) {
  const WhileWaiting waiting;
  return poll(&ready, 1, timeout_ms);
}

int connect_within(const sockaddr_storage& address, socklen_t length, int timeout_ms) {
  const int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    pollfd ready{fd, POLLOUT, 0};
    int error = errno;
    socklen_t size = sizeof error;
    if (error == EINPROGRESS) {
      const int polled = wait_for(ready, timeout_ms);
      if (polled != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = polled == 0 ? ETIMEDOUT : errno;
    }
    if (error != 0) {
      close(fd);
      errno = error;
      return -1;
    }
  }
  fcntl(fd, F_SETFL, 0);
  return fd;
}

}  // namespace

std::int64_t steady_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

int move_high(int fd) {
  rlimit limit{};
  if (fd < 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) return fd;
  const int lowest = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 65536) / 2);
  const int high = fcntl(fd, F_DUPFD_CLOEXEC, lowest);
  if (high < 0) return fd;
  close(fd);
  return high;
}

void watch_peer(int fd) {
  const int on = 1, idle_s = 10, interval_s = 5, probes = 4;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

Result<Listener> listen_anywhere(bool loopback_only) {
  Listener listener;
  listener.fd = move_high(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener.fd < 0) return system_error("coordinator: socket", errno);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(loopback_only ? INADDR_LOOPBACK : INADDR_ANY);
  socklen_t length = sizeof address;
  if (bind(listener.fd, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener.fd, listen_backlog) != 0 ||
      getsockname(listener.fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    const int number = errno;
    close(listener.fd);
    return system_error("coordinator: listen", number);
  }
  listener.port = ntohs(address.sin_port);
  listener.addresses = interface_addresses(loopback_only);
  return listener;
}

Result<Listener> listen_on_node(const std::string& name) {
  Listener listener;
  sockaddr_storage address;
  socklen_t length = 0;
  listener.addresses = {"@" + name};
  if (!to_node_address(listener.addresses[0], address, length)) return Error{"relay: a name of " + std::to_string(name.size()) + " bytes"};
  listener.fd = move_high(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener.fd < 0) return system_error("relay: socket", errno);
  if (bind(listener.fd, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener.fd, listen_backlog) != 0) {
    const int number = errno;
    close(listener.fd);
    return system_error("relay: listen", number);
  }
  return listener;
}

bool peer_is_this_user(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return false;
  if (domain != AF_UNIX) return true;
  ucred peer{};
  size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

bool send_message(int fd, const Message& message) {
  const std::string frame = frame_of(message);
  for (std::size_t done = 0; done < frame.size();) {
    const ssize_t put = send(fd, frame.data() + done, frame.size() - done, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      if (wait_for(ready, 10000) != 1) return false;
      continue;
    }
    if (put <= 0) return false;
    done += static_cast<std::size_t>(put);
  }
  return true;
}

Result<Message> receive(Connection& connection, int timeout_ms) {
  const std::int64_t deadline = steady_ms() + timeout_ms;
  while (true) {
    auto next = connection.reader.next();
    if (!next) return Error{"the coordinator sent " + next.error().message};
    if (*next) return std::move(**next);
    pollfd ready{connection.fd, POLLIN, 0};
    const std::int64_t left = timeout_ms < 0 ? -1 : std::max<std::int64_t>(deadline - steady_ms(), 0);
    const int polled = wait_for(ready, static_cast<int>(left));
    if (polled < 0 && errno == EINTR) continue;
    if (polled == 0) return Error{"no answer in " + std::to_string(timeout_ms) + " ms", ETIMEDOUT};
    char block[1 << 14];
    const ssize_t got = recv(connection.fd, block, sizeof block, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got <= 0) return Error{"the connection was closed", ECONNRESET};
    connection.reader.append(block, static_cast<std::size_t>(got));
  }
}

Result<Connection> connect_to(const Endpoint& endpoint, Message hello, int timeout_ms) {
  hello["t"] = "hello";
  hello["token"] = endpoint.token;
  Error last{"no address"};
  for (const std::string& text : endpoint.addresses) {
    sockaddr_storage address;
    socklen_t length;
    if (!to_socket_address(text, endpoint.port, address, length)) continue;
    const std::string where = address.ss_family == AF_UNIX ? "this node's relay" : text + ":" + std::to_string(endpoint.port);
    Connection connection;
    connection.fd = move_high(connect_within(address, length, timeout_ms));
    if (connection.fd < 0) {
      last = system_error(where, errno);
      continue;
    }
    if (!peer_is_this_user(connection.fd)) {
      close(connection.fd);
      last = Error{where + ": it is another user's"};
      continue;
    }
    watch_peer(connection.fd);
    connection.reader.set_limit(max_frame);
    Result<Message> answer = Error{"the connection was closed"};
    if (send_message(connection.fd, hello)) answer = receive(connection, timeout_ms);
    if (answer && text_field(*answer, "t") == "welcome") return connection;
    close(connection.fd);
    last = Error{where + ": " + (answer ? text_field(*answer, "why", "refused") : answer.error().message)};
  }
  return last;
}

}  // namespace mana
