// SPDX-License-Identifier: Apache-2.0
// The real MPI, brought up and down. Compiled once against each real mpi.h; call with the lower FS base.
#pragma once

#include <string>
#include <vector>

namespace mana::lower {

struct RealMpi {
  int provided;  ///< thread level, standard ABI value
  int rank, size;
  bool one_host;  ///< all ranks reach each other by the loopback address
  int nodes;      ///< number of them; with MANA_RANKS_PER_NODE=N (for tests) every N ranks count as one
  int node;       ///< number of this rank's, by lowest rank
  bool lowest_of_node;
};

/// MPI_Init_thread with the standard ABI's `required`. Signal dispositions are left as they were before. Ends the rank with one line on failure.
RealMpi start_real_mpi(int required);

/// Broadcasts rank 0's bytes to all ranks. Collective.
void share_bytes(std::string& bytes, int rank);

/// What the lowest ranks of all nodes say, by node; at most `node_text` bytes each. Collective; empty on the other ranks.
inline constexpr int node_text = 512;
std::vector<std::string> share_by_node(const std::string& mine, const RealMpi& real);

/// Returns when all ranks have called it.
void wait_for_all();

/// True on every rank if `mine` is true on every rank. Collective.
bool all_agree(bool mine);

/// MPI_Finalize.
int stop_real_mpi();

/// Tells the launcher that this process ends on purpose, where an end without MPI_Finalize looks to it like a crash. Waits at most two seconds.
/// Any thread with the lower FS base.
void take_leave_of_launcher();

}  // namespace mana::lower
