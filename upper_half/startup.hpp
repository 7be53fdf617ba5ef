// SPDX-License-Identifier: Apache-2.0
// Bringing up and down the real MPI of the lower half.
#pragma once

namespace mana::upper {

/// Attaches the main thread if our constructor hasn't run yet: those of other libraries (OpenBLAS) may start threads before it.
void ensure_upper_half();

/// Initialises the real MPI with thread level `required` (standard ABI value), joins the job's coordinator; fills rank and
/// size in interface(); the calling thread becomes the MPI thread. Returns an internal error code (0 = success).
int initialize_lower(int required, int* provided);

/// Leaves the coordinator and finalizes the real MPI.
int finalize_lower();

}  // namespace mana::upper
