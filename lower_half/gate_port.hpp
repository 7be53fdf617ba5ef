// SPDX-License-Identifier: Apache-2.0
// What the agent sees of its own rank and can do to it, through the gate and the upper half's interface struct.
// Runs on the agent's thread; never calls MPI, never runs upper-half code.
#pragma once

#include "coordinator/rank_port.hpp"

namespace mana::lower {

/// While a restart puts the process together its threads only look as if they were parked; nobody may write it down.
void set_restoring(bool restoring);

class GatePort final : public RankPort {
 public:
  GatePort(int rank, int size) : rank_(rank), size_(size) {}
  RankReport report() override;
  std::vector<std::string> children() override;
  void begin(std::uint32_t request) override;
  void set_targets(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& targets, std::uint32_t request) override;
  void stop() override;
  void all_stopped() override;
  void drained() override;
  bool all_parked(std::string* why) override;
  Result<ImageFacts> write_image(const std::string& path) override;
  void resume() override;
  void end_job(int code) override;

 private:
  int rank_, size_;
};

}  // namespace mana::lower
