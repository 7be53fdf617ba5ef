// SPDX-License-Identifier: Apache-2.0
// Communicators with processes of other jobs (MPI 4.1 §11.8, §11.9). No image can hold the other side: while one lives,
// a checkpoint is refused by name and the job goes on; after the last MPI_Comm_disconnect or free it is possible again.
#pragma once

#include "upper_half/comm.hpp"

namespace mana::upper {

/// The object of a fresh real communicator, made with `parent` or from it, that may have foreign members. Collective over the
/// members in this job. Call as adopt_comm().
int adopt_with_foreigners(std::uint64_t real, Comm* parent, Comm** out);
/// MPI_Comm_disconnect or MPI_Comm_free of one that has foreign members: no word of ours to the other side.
int part_from_foreigners(Comm** comm, bool disconnect);
/// While such a communicator lives, a checkpoint is refused with this reason; and when it is gone.
void forbid_cuts(const char* reason);
void allow_cuts();

}  // namespace mana::upper
