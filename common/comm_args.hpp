// SPDX-License-Identifier: Apache-2.0
// Arguments of the custom lower entries for communicators.
#pragma once

#include <cstdint>

namespace mana::custom {

/// What the lower half writes at any time until a duplication completes. Upper-half memory that stands still until then.
struct NewComm {
  std::uint64_t real;        ///< the real MPI's handle, 8 bytes
  std::uint64_t agreed[2];   ///< in on rank 0 of the parent, out elsewhere: first ids of two blocks (upper_half/comm_id.hpp)
  std::uint64_t agreement;   ///< real request of their broadcast; 0: there is none
  std::uint64_t* places[2];  ///< where they go when the duplication is complete, unless they are 0
};

/// Entry `comm_idup`.
struct DuplicateComm {
  std::uint64_t comm;   ///< in
  NewComm* made;        ///< in
  std::uint32_t agree;  ///< in: rank 0 tells the others `agreed`
  std::uint32_t reserved;
  std::uint64_t request;  ///< out
};

/// Entry `comm_dup_all`: every `from` is duplicated, one after the other, in this order on all of its members.
struct Duplication {
  std::uint64_t from;
  std::uint64_t made;  ///< out
};
struct DuplicateAll {
  Duplication* list;
  std::int64_t count;
};

}  // namespace mana::custom
