// SPDX-License-Identifier: Apache-2.0
// The sockets of the coordinator or of a relay: one epoll loop, a buffer for each peer, and the door that opens to the token only.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "coordinator/connection.hpp"
#include "coordinator/protocol.hpp"

namespace mana {

using PeerId = std::uint64_t;  ///< never used twice

struct PeerHandler {
  virtual ~PeerHandler() = default;
  /// A peer has shown the token. The answer is sent to it; anything but "welcome" ends the connection.
  virtual Message on_hello(PeerId peer, const Message& hello) = 0;
  virtual void on_message(PeerId peer, const Message& message) = 0;
  virtual void on_closed(PeerId peer) = 0;  ///< only of welcomed peers
};

class Server {
 public:
  /// Owns the listeners' descriptors.
  Server(std::vector<Listener> listeners, std::string token, std::size_t max_peers, PeerHandler& handler, DescriptorNotice note);
  ~Server();
  Server(const Server&) = delete;

  /// Waits for at most `timeout_ms` and handles what has come.
  void run_once(int timeout_ms);
  /// Makes run_once() return. From any thread.
  void wake();

  /// Takes over a connection that this process has made; its peer is as welcome as one that has shown the token.
  PeerId adopt(Connection connection);

  void send(PeerId peer, const Message& message);
  /// The same for what frame_of() has made, once for many peers.
  void send_frame(PeerId peer, const std::string& frame);
  void close_peer(PeerId peer);
  /// Tries for at most `timeout_ms` to send what is still buffered for the peer.
  void flush(PeerId peer, int timeout_ms);

 private:
  static constexpr PeerId first_peer = 16;  ///< below: what wakes the loop, and the listeners
  struct Peer {
    int fd = -1;
    std::string address, out;
    FrameReader reader;
    bool welcome = false, doomed = false, waits_for_room = false;
    std::int64_t accepted_ms = 0;
  };

  void accept_peers(int listener);
  void read_peer(PeerId id);
  void take_buffered(PeerId id, Peer& peer);
  void take(PeerId id, const Message& message);
  void flush_now(PeerId id, Peer& peer);
  void watch(PeerId id, Peer& peer);
  void drop(PeerId id, const std::string& why);
  void doom(PeerId id, Peer& peer);
  void drop_silent_ones();
  void reap();
  std::vector<int> own_descriptors() const;

  std::vector<Listener> listeners_;
  const std::string token_;
  const std::size_t max_peers_;
  PeerHandler& handler_;
  DescriptorNotice note_;
  int epoll_ = -1, wake_ = -1;
  PeerId next_ = first_peer;
  std::unordered_map<PeerId, Peer> peers_;
  std::vector<PeerId> greeting_;  ///< have not shown the token yet
  std::vector<PeerId> buffered_;  ///< adopted, and not read yet
  std::vector<PeerId> doomed_;    ///< to be closed by reap()
};

}  // namespace mana
