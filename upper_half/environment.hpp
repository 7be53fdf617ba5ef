// SPDX-License-Identifier: Apache-2.0
// MPI's environment: start, end, clocks.
#pragma once

namespace mana::upper {

/// MPI_Wtime goes on across a restart on another machine: call in every new process.
void set_clock();

/// Brings up the real MPI for MPI_Init or a session, if it isn't up yet. Collective over all ranks the first time.
int bring_up_mpi(int required, int* provided);
/// Takes it down when MPI_Finalize has been called and no session is left.
int take_down_mpi_if_over();

}  // namespace mana::upper
