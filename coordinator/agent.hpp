// SPDX-License-Identifier: Apache-2.0
// One rank's end of the agreement: a thread of the lower half that sleeps until a checkpoint is asked for and then carries
// the coordinator's words to the RankPort and the port's reports back. All signals are blocked in it.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "coordinator/connection.hpp"
#include "coordinator/protocol.hpp"
#include "coordinator/rank_port.hpp"

namespace mana {

struct AgentOptions {
  int connect_timeout_ms = 5000;  ///< for each address
  bool verbose = false;
  DescriptorNotice note_descriptor = nullptr;
  std::string directory;  ///< whose job.json tells where the coordinator is after the connection was lost; "": it is not looked for
  /// What the agent connects to lives in this process (rank 0's coordinator, the node's relay): makes a new one when the old one can't be
  /// reached, keeping the job's token. Called on the agent's thread.
  std::function<Result<void>()> revive = nullptr;
  std::optional<Endpoint> relay = std::nullopt;        ///< of this node: asked before the coordinator
  Message about = Message::object();                   ///< what its hello says besides
  std::function<void(const Message&)> hear = nullptr;  ///< words of a family's head (coordinator/family.hpp); agent's thread
  bool speaks_for_node = true;                         ///< says what is lost and found again; the others of the node keep silent
};

class Agent {
 public:
  Agent(Endpoint endpoint, int rank, int size, RankPort& port, AgentOptions options = {});
  ~Agent();  ///< finishes
  Agent(const Agent&) = delete;

  /// Connects (all addresses are tried) and starts the thread.
  Result<void> start();

  /// Asks the coordinator for a checkpoint. Async-signal-safe; does nothing after finish().
  void request_checkpoint() noexcept;

  /// Leaves the job's agreement and joins the thread: before MPI_Finalize or exit. A round in progress is abandoned.
  void finish();

 private:
  struct Round {
    enum Step { none, reporting, parking, done } step = none;
    std::uint32_t request = 0;
    bool reported = false;
    RankReport last;
    std::string last_why;
    std::int64_t last_why_ms = 0, begun_ms = 0;
  };

  void run();
  void wait();
  bool read_socket();
  void handle_received();
  void handle(const Message& message);
  void write_image(const std::string& path);
  void advance_round();
  void end_round();
  void lose_coordinator(const std::string& why);
  void find_coordinator();
  Result<void> connect(const Endpoint& to);
  void say(const Message& message);
  void say_of_round(Message message);

  Endpoint endpoint_;
  const int rank_, size_;
  RankPort& port_;
  AgentOptions options_;
  Connection connection_;
  int wake_ = -1;
  std::atomic<bool> requested_{false}, finishing_{false};
  std::thread thread_;
  Round round_;
  bool lost_ = false;
  std::int64_t look_again_ms_ = 0, lost_ms_ = 0;
};

}  // namespace mana
