// SPDX-License-Identifier: Apache-2.0
// Accumulating operations on pair types with gaps (MPI_SHORT_INT, MPI_LONG_INT, MPI_DOUBLE_INT, MPI_LONG_DOUBLE_INT). Open MPI up to
// 5.0 (osc/rdma) takes such pairs in memory that it has not allocated itself for as many bytes in a row as they have data, and a type made of
// them for single values: it reads and writes the wrong ones. So they are read, combined and written here, under a lock of the target that is only theirs.
#pragma once

#include "common/gate.hpp"
#include "upper_half/window.hpp"
#include "upper_half/window_elements.hpp"
#include "upper_half/window_self.hpp"

namespace mana::upper {

/// The real MPI may not be asked to accumulate this type. MPICH may, and a restart can bring another MPI.
[[gnu::always_inline]] inline bool is_taken_apart(const Win& win, const Datatype& type) {
  if (gate().lower_mpi == 1 || (win.allocated_there && win.one_host)) return false;
  const Datatype& basic = basic_type(type);
  return basic.size != basic.extent;
}

/// Does the operation on the other rank's memory, complete; false if it may be asked after all, for there was a restart. A
/// checkpoint can only come while it waits for the lock. `*error`: an error class.
bool access_pairs(Win& win, int target, const TargetAccess& access, int* error);

}  // namespace mana::upper
