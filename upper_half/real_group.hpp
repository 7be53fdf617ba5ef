// SPDX-License-Identifier: Apache-2.0
// A group of the real MPI for the time of one call. Use inside a WrapperScope.
#pragma once

#include "gen/lower_calls.hpp"
#include "upper_half/comm.hpp"

namespace mana::upper {

/// Made from the group of `comm`, which has all its members: MPICH 4.0 crashes in MPI_Comm_create_group on a communicator
/// other than the one that the group comes from.
class RealGroup {
 public:
  RealGroup(const Group& group, const Comm& comm) {
    Vector<int> ranks;
    for (int r : group.world_ranks) {
      ranks.push_back(&comm == comm_world ? r : position_in(*comm.group, r));
      if (ranks.back() == mpi::UNDEFINED) error_ = mpi::ERR_GROUP;
    }
    std::uint64_t all = 0;
    if (error_ == 0) error_ = lower_call::comm_group(comm.real.bits, &all);
    if (error_ != 0) return;
    error_ = lower_call::group_incl(all, group.size(), ranks.data(), &bits_);
    lower_call::group_free(&all);
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
