// SPDX-License-Identifier: Apache-2.0
// TCP and Unix sockets, as the coordinator, its agents and the commands need them: numeric addresses, time limits, descriptors
// out of the application's way.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "coordinator/protocol.hpp"

namespace mana {

/// Told of every descriptor that the coordinator or an agent opens (true) or closes (false) in this process.
using DescriptorNotice = std::function<void(int fd, bool opened)>;

/// Moves a descriptor to a high number, close-on-exec, so that the application's open() gives what it natively would.
int move_high(int fd);

struct Listener {
  int fd = -1;
  std::uint16_t port = 0;
  std::vector<std::string> addresses;  ///< where others can reach it
};
/// An ephemeral port, on the loopback only or on every interface.
Result<Listener> listen_anywhere(bool loopback_only);

/// The address of the abstract Unix socket "@NAME": it has no file, and goes with its process. False: too long, or another kind.
bool to_node_address(const std::string& text, sockaddr_storage& address, socklen_t& length);

/// A Unix socket of this node, by name (no file); its address is "@NAME". Only processes of this user are let in.
Result<Listener> listen_on_node(const std::string& name);
/// The other end of a Unix socket belongs to this user, or the socket is another kind.
bool peer_is_this_user(int fd);

/// Tries all addresses of the endpoint, each for at most `timeout_ms`; sends `hello` with the token and waits for the welcome.
/// The socket is blocking afterwards; its reader accepts full-size frames.
struct Connection {
  int fd = -1;
  FrameReader reader;
};
Result<Connection> connect_to(const Endpoint& endpoint, Message hello, int timeout_ms);

/// Waits for the next message; Error on timeout, disconnect or bytes that are no message. -1: no time limit.
Result<Message> receive(Connection& connection, int timeout_ms);
/// False when the peer is gone.
bool send_message(int fd, const Message& message);

/// Dead peers and dead nodes are noticed within about half a minute.
void watch_peer(int fd);

std::string host_name();
std::int64_t steady_ms();

}  // namespace mana
