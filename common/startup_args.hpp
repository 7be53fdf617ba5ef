// SPDX-License-Identifier: Apache-2.0
// Arguments of the custom lower entries that bring the real MPI up and down.
#pragma once

#include <cstdint>

namespace mana::custom {

/// Entry `custom_initialize`: MPI_Init_thread of the real MPI, then the job's coordinator. MPI 4.1 §11.2.
struct Initialize {
  std::int32_t required;  ///< in: thread level, standard ABI value
  std::int32_t provided;  ///< out: thread level, standard ABI value
  std::int32_t rank;      ///< out: in MPI_COMM_WORLD
  std::int32_t size;      ///< out
};

}  // namespace mana::custom
