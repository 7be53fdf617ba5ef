// SPDX-License-Identifier: Apache-2.0
// Speaks for the ranks of one node (and, in large jobs, for the relays of other nodes) with one connection to the coordinator or to
// a relay nearer to it: a thread in the lower half of the node's lowest rank. To its ranks it is what the coordinator is; upwards it
// passes what they say merged (merging.hpp). When its connection breaks, its ranks go on and it looks for the coordinator again.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "coordinator/connection.hpp"
#include "coordinator/protocol.hpp"

namespace mana {

inline constexpr int relay_fan_out = 32;  ///< connections of relays to the coordinator, or to one relay

struct RelayOptions {
  int ranks = 1;            ///< of the job
  int own_rank = -1;        ///< that lives in this process: told last to end; -1: none
  std::string name;         ///< of the Unix socket that this node's ranks connect to
  bool for_relays = false;  ///< other nodes' relays may connect by TCP
  bool loopback_only = false;
  std::string directory;  ///< whose job.json tells where the coordinator is after the connection was lost
  int connect_timeout_ms = 5000;
  bool verbose = false;
  DescriptorNotice note_descriptor = nullptr;
};

class Relay {
 public:
  /// Listens; nobody is answered before start().
  static Result<std::unique_ptr<Relay>> listen(const Endpoint& coordinator, RelayOptions options);
  ~Relay();  ///< finishes at once

  /// Where other nodes' relays reach this one (`for_relays`).
  const Endpoint& endpoint() const;

  /// Connects to the first of these that answers, and starts the thread with all signals blocked.
  Result<void> start(const std::vector<Endpoint>& upwards);

  /// Waits until all ranks have left, for at most `timeout_ms`, and joins the thread.
  void finish(int timeout_ms);

  /// What its ranks connect to.
  static Endpoint endpoint_on_node(Endpoint coordinator, const std::string& name);

 private:
  class Loop;
  Relay() = default;
  std::unique_ptr<Loop> loop_;
};

/// Which relay a node's relay connects to, as a number of a node; 0: to the coordinator.
inline int relay_above(int node, int fan_out = relay_fan_out) { return node <= fan_out ? 0 : (node - 1) / fan_out; }

}  // namespace mana
