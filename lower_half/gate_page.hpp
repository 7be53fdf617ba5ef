// SPDX-License-Identifier: Apache-2.0
// Maps and fills the gate page of this process.
#pragma once

#include <cstdint>
#include <string>

namespace mana::lower {

/// Maps the gate at its fixed address and fills everything but the entries of MPI. Ends the rank when the address is taken.
/// `incarnation` counts the restarts in the job's chain.
void open_gate(std::uint32_t incarnation);

/// Which MPI this lower half was built with: 0 none, 1 MPICH, 2 Open MPI, 3 any one with the standard ABI (Gate::lower_mpi).
std::uint32_t built_with_mpi();
const char* built_with_mpi_name();
/// "MPICH 4.0.2", "Open MPI 4.1.4": what was found at run time.
std::string real_version();
/// Versions and sizes of what both halves look at: the gate, the window's state, the resident code's header, threads' records.
std::string shared_layouts();
/// These, and the entry table's order, which upper-half code in an image relies on; the same for both MPIs of one build.
std::string entry_fingerprint();
/// Puts the entry table of the real MPI into the gate.
void fill_mpi_entries();

}  // namespace mana::lower
