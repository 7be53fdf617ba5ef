// SPDX-License-Identifier: Apache-2.0
// A group of the real MPI for the time of one call. Use inside a WrapperScope.
#pragma once

#include "gen/lower_calls.hpp"
#include "upper_half/comm.hpp"

namespace mana::upper {

class RealGroup {
 public:
  explicit RealGroup(const Group& group) {
    std::uint64_t world = 0;
    error_ = lower_call::comm_group(comm_world->real.bits, &world);
    if (error_ != 0) return;
    error_ = lower_call::group_incl(world, group.size(), group.world_ranks.data(), &bits_);
    lower_call::group_free(&world);
  }
  ~RealGroup() {
    if (error_ == 0) lower_call::group_free(&bits_);
  }
  RealGroup(const RealGroup&) = delete;
  std::uint64_t bits() const { return bits_; }
  int error() const { return error_; }

 private:
  std::uint64_t bits_ = 0;
  int error_ = 0;
};

}  // namespace mana::upper
