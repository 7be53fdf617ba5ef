// SPDX-License-Identifier: Apache-2.0
// Real handles of a fresh lower half: of the predefined objects, and remaking everything else.
#pragma once

#include <cstdint>

namespace mana::upper {

/// Asks the lower half for the handles of all predefined objects. At MPI_Init and after a restart.
void refresh_predefined();

/// Frees what stands for datatypes that the real MPI lacks, before its MPI_Finalize: MPICH tells users of types that are left.
void free_substitutes();

/// The lower half's MPI_x_NULL, MPI_COMM_WORLD ... by standard value.
std::uint64_t real_predefined(std::uint32_t vid);

/// After a restart, on the MPI thread: remakes operations, datatypes and communicators. Collective over all ranks.
void rebuild_objects();

}  // namespace mana::upper
