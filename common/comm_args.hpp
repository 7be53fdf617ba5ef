// SPDX-License-Identifier: Apache-2.0
// Arguments of the custom lower entries for communicators.
#pragma once

#include <cstdint>

namespace mana::custom {

/// Entry `comm_idup`: the real MPI writes the new handle to `place` (8 bytes) at any time until the request completes.
struct DuplicateComm {
  std::uint64_t comm;     ///< in
  void* place;            ///< in
  std::uint64_t request;  ///< out
};

}  // namespace mana::custom
