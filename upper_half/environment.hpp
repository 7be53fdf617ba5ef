// SPDX-License-Identifier: Apache-2.0
// MPI's environment: start, end, clocks.
#pragma once

namespace mana::upper {

/// MPI_Wtime goes on across a restart on another machine: call in every new process.
void set_clock();

}  // namespace mana::upper
