// SPDX-License-Identifier: Apache-2.0
// Who asked for a checkpoint, what is known of the ranks, and how far the round in progress is.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/generation.hpp"
#include "common/phases.hpp"
#include "coordinator/agreement.hpp"
#include "coordinator/server.hpp"

namespace mana {

/// One rank of the job, as the coordinator knows it.
struct RankState {
  enum Presence { expected, present, left, lost } presence = expected;
  PeerId peer = 0;  ///< its own connection, or that of a relay
  std::string host;
  std::int64_t pid = 0;
  RankReport report;                    ///< of the last look
  Message children = Message::array();  ///< names of followed ones
  std::string not_parked;               ///< what the rank says it still waits for
  bool parked = false, written = false, resumed = true;
  ManifestImage image;
};

/// A command that waits for its checkpoint. Signals and the interval ask without waiting.
struct Waiter {
  PeerId peer = 0;
  bool kill = false;
};

struct Round {
  std::uint32_t request = 0;
  int generation = 0;
  Phase phase = Phase::agreeing;
  std::chrono::steady_clock::time_point entered = std::chrono::steady_clock::now();  ///< when the phase began
  std::map<std::string, double> seconds;                                             ///< spent in the phases that are over
  std::int64_t begun_ms = 0, deadline_ms = 0, cut_ms = 0, parked_ms = 0;
  int parked = 0, written = 0;  ///< ranks that are
  bool stopped = false;         ///< the cut is fixed: later requests need another round
  bool kill = false;
  std::string failure;  ///< why it was given up
  std::string late;     ///< why it is going to be given up, as soon as the ranks have said where they are
  std::vector<Waiter> waiters;
  Agreement agreement;

  void enter(Phase next) {
    const auto now = std::chrono::steady_clock::now();
    seconds[name_of(phase)] += std::chrono::duration<double>(now - entered).count();
    entered = now;
    phase = next;
  }
};

}  // namespace mana
