// SPDX-License-Identifier: Apache-2.0
// Arguments of the lower entry that starts processes (MPI 4.1 §11.8).
#pragma once

#include <cstdint>

namespace mana::custom {

/// Entry `spawn`: MPI_Comm_spawn_multiple. What is not significant away from the root is null there.
struct Spawn {
  std::int32_t count;
  char** commands;
  char*** argvs;  ///< null: no arguments
  const std::int32_t* processes;
  const std::uint64_t* infos;  ///< real handles
  std::int32_t root;
  std::uint64_t comm;
  std::uint64_t intercomm;  ///< out
};

}  // namespace mana::custom
