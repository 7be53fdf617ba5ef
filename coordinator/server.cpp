// SPDX-License-Identifier: Apache-2.0
// The epoll loop. A peer is only marked as doomed while messages are handled; reap() closes it.
#include "coordinator/server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "common/check.hpp"
#include "common/fork_pause.hpp"

namespace mana {
namespace {

constexpr PeerId wake_id = 0, first_listener = 1;
constexpr std::int64_t hello_within_ms = 10000;
constexpr std::size_t max_unsent = 64 << 20;

void add(int epoll, int fd, std::uint64_t id) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = id;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

std::string name_of_peer(const sockaddr_in& from) {
  if (from.sin_family != AF_INET) return "this node";
  char text[INET_ADDRSTRLEN] = "?";
  inet_ntop(AF_INET, &from.sin_addr, text, sizeof text);
  return std::string(text) + ":" + std::to_string(ntohs(from.sin_port));
}

}  // namespace

Server::Server(std::vector<Listener> listeners, std::string token, std::size_t max_peers, PeerHandler& handler, DescriptorNotice note)
    : listeners_(std::move(listeners)), token_(std::move(token)), max_peers_(max_peers), handler_(handler), note_(std::move(note)) {
  epoll_ = move_high(epoll_create1(EPOLL_CLOEXEC));
  wake_ = move_high(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  CHECK(epoll_ >= 0 && wake_ >= 0);
  CHECK(first_listener + listeners_.size() <= first_peer);
  add(epoll_, wake_, wake_id);
  for (std::size_t i = 0; i < listeners_.size(); ++i) add(epoll_, listeners_[i].fd, first_listener + i);
  for (const int fd : own_descriptors())
    if (note_) note_(fd, true);
}

Server::~Server() {
  for (auto& [id, peer] : peers_) {
    peer.welcome = false;  // nobody is to be told
    doom(id, peer);
  }
  reap();
  for (const int fd : own_descriptors()) {
    close(fd);
    if (note_) note_(fd, false);
  }
}

std::vector<int> Server::own_descriptors() const {
  std::vector<int> all{epoll_, wake_};
  for (const Listener& listener : listeners_) all.push_back(listener.fd);
  return all;
}

void Server::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] auto put = write(wake_, &one, sizeof one);
}

namespace {

constexpr int events_at_once = 256;

int wait_for_events(int epoll, epoll_event* events, int timeout_ms) {
  const WhileWaiting waiting;
  return epoll_wait(epoll, events, events_at_once, timeout_ms);
}

}  // namespace

void Server::run_once(int timeout_ms) {
  for (const PeerId id : std::exchange(buffered_, {}))
    if (const auto peer = peers_.find(id); peer != peers_.end()) take_buffered(id, peer->second);
  epoll_event events[events_at_once];
  const int count = wait_for_events(epoll_, events, timeout_ms);
  for (int i = 0; i < count; ++i) {
    const PeerId id = events[i].data.u64;
    if (id == wake_id) {
      std::uint64_t ignored;
      [[maybe_unused]] auto got = read(wake_, &ignored, sizeof ignored);
    } else if (id < first_peer) {
      accept_peers(listeners_[id - first_listener].fd);
    } else if (const auto peer = peers_.find(id); peer != peers_.end()) {
      if (events[i].events & EPOLLOUT) flush_now(id, peer->second);
      if (events[i].events & ~EPOLLOUT) read_peer(id);
    }
  }
  drop_silent_ones();
  reap();
}

void Server::drop_silent_ones() {
  const std::int64_t now = steady_ms();
  std::erase_if(greeting_, [&](PeerId id) {
    const auto found = peers_.find(id);
    if (found == peers_.end() || found->second.welcome || found->second.doomed) return true;
    if (now - found->second.accepted_ms <= hello_within_ms) return false;
    drop(id, "no greeting in time");
    return true;
  });
}

void Server::doom(PeerId id, Peer& peer) {
  if (peer.doomed) return;
  peer.doomed = true;
  doomed_.push_back(id);
}

void Server::accept_peers(int listener) {
  while (true) {
    sockaddr_in from{};
    socklen_t length = sizeof from;
    int fd = accept4(listener, reinterpret_cast<sockaddr*>(&from), &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE) usleep(10'000);  // not a busy loop until one is free again
      return;
    }
    if (peers_.size() >= max_peers_ || !peer_is_this_user(fd)) {
      close(fd);
      continue;
    }
    fd = move_high(fd);
    if (note_) note_(fd, true);
    watch_peer(fd);
    const PeerId id = next_++;
    greeting_.push_back(id);
    Peer& peer = peers_[id];
    peer.fd = fd;
    peer.accepted_ms = steady_ms();
    peer.address = name_of_peer(from);
    add(epoll_, fd, id);
  }
}

void Server::read_peer(PeerId id) {
  Peer& peer = peers_.at(id);
  char block[1 << 14];
  while (!peer.doomed) {
    const ssize_t got = recv(peer.fd, block, sizeof block, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return doom(id, peer);
    peer.reader.append(block, static_cast<std::size_t>(got));
    take_buffered(id, peer);
    if (got < static_cast<ssize_t>(sizeof block)) return;  // there is no more, or epoll tells
  }
}

void Server::take_buffered(PeerId id, Peer& peer) {
  while (!peer.doomed) {
    auto message = peer.reader.next();
    if (!message) return drop(id, message.error().message);
    if (!*message) return;
    take(id, **message);
  }
}

PeerId Server::adopt(Connection connection) {
  const PeerId id = next_++;
  Peer& peer = peers_[id];
  peer.fd = connection.fd;
  peer.reader = std::move(connection.reader);
  peer.welcome = true;
  fcntl(peer.fd, F_SETFL, O_NONBLOCK);
  if (note_) note_(peer.fd, true);
  add(epoll_, peer.fd, id);
  buffered_.push_back(id);  // its first words may have come together with the welcome
  return id;
}

void Server::take(PeerId id, const Message& message) {
  Peer& peer = peers_.at(id);
  if (peer.welcome) return handler_.on_message(id, message);
  const auto token = message.find("token");
  if (text_field(message, "t") != "hello" || token == message.end() || !token->is_string() || !same_token(token->get_ref<const std::string&>(), token_))
    return drop(id, "it does not know this job's token");
  peer.welcome = true;
  peer.reader.set_limit(max_frame);
  const Message answer = handler_.on_hello(id, message);
  send(id, answer);
  if (text_field(answer, "t") != "welcome") {
    flush_now(id, peer);
    peer.welcome = false;
    doom(id, peer);
  }
}

void Server::send(PeerId id, const Message& message) { send_frame(id, frame_of(message)); }

void Server::send_frame(PeerId id, const std::string& frame) {
  const auto found = peers_.find(id);
  if (found == peers_.end() || found->second.doomed) return;
  found->second.out += frame;
  flush_now(id, found->second);
}

void Server::flush_now(PeerId id, Peer& peer) {
  while (!peer.out.empty() && !peer.doomed) {
    const ssize_t put = ::send(peer.fd, peer.out.data(), peer.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EAGAIN) break;
    if (put < 0 || peer.out.size() > max_unsent) {
      doom(id, peer);
      wake();  // so that reap() comes soon
      return;
    }
    peer.out.erase(0, static_cast<std::size_t>(put));
  }
  watch(id, peer);
}

void Server::flush(PeerId id, int timeout_ms) {
  for (const std::int64_t until = steady_ms() + timeout_ms; steady_ms() < until;) {
    const auto found = peers_.find(id);
    if (found == peers_.end() || found->second.doomed || found->second.out.empty()) return;
    flush_now(id, found->second);
    usleep(1000);
  }
}

void Server::watch(PeerId id, Peer& peer) {
  if (peer.waits_for_room == !peer.out.empty()) return;
  peer.waits_for_room = !peer.out.empty();
  epoll_event event{};
  event.events = EPOLLIN | (peer.out.empty() ? 0U : static_cast<unsigned>(EPOLLOUT));
  event.data.u64 = id;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, peer.fd, &event);
}

void Server::drop(PeerId id, const std::string& why) {
  Peer& peer = peers_.at(id);
  log_line("coordinator: connection from %s dropped: %s", peer.address.c_str(), why.c_str());
  doom(id, peer);
}

void Server::close_peer(PeerId id) {
  if (const auto found = peers_.find(id); found != peers_.end()) doom(id, found->second);
  wake();
}

void Server::reap() {
  const std::vector<PeerId> gone = std::exchange(doomed_, {});
  for (const PeerId id : gone) {
    const Peer peer = std::move(peers_.at(id));
    peers_.erase(id);
    close(peer.fd);
    if (note_) note_(peer.fd, false);
    if (peer.welcome) handler_.on_closed(id);
  }
}

}  // namespace mana
