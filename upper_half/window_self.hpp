// SPDX-License-Identifier: Apache-2.0
// Windows of a single rank. They have no real windows, for Open MPI 4.1.4 refuses to make one over a communicator of one rank:
// what is done on them is done at once.
#pragma once

#include "upper_half/datatype.hpp"
#include "upper_half/op.hpp"
#include "upper_half/window.hpp"

namespace mana::upper {

/// A communication call: what `result` is for comes first, then `op` combines the origin's elements into the target's.
/// A put is an accumulate with MPI_REPLACE, a get is a get_accumulate with MPI_NO_OP.
struct TargetAccess {
  const void* origin;
  int origin_count;
  Datatype* origin_type;
  void* result;
  int result_count;
  Datatype* result_type;  ///< null: nothing is fetched
  std::int64_t disp;
  int target_count;
  Datatype* target_type;
  const Op* op;
  const void* compare = nullptr;  ///< of MPI_Compare_and_swap, else null
};

/// Does it. Returns an error class.
int access_self(const Win& win, const TargetAccess& access);

}  // namespace mana::upper
