// SPDX-License-Identifier: Apache-2.0
// Partitioned communication (MPI 4.1 §4): of the upper half, so that it works over every real MPI and outlives a restart. All
// partitions of a transfer travel as one message, on a communicator of our own over all ranks.
//
// A sender numbers its channels and says with a small message at MPI_Psend_init which communicator and tag each is for; the
// receiver gives it to its first unmatched MPI_Precv_init of that sender, communicator and tag. The number is the tag of the
// data. A started receive that is not matched yet is active with `Counts::elsewhere`; every test and wait looks for
// its partner. The data are packed and sent when the last partition is ready, so a sender never waits for that match.
#pragma once

#include "upper_half/request.hpp"

namespace mana::upper {

/// Receives that have been initialised and have no channel yet.
extern volatile std::uint32_t unmatched_receives;
/// Looks for channels; starts active receives that have got one.
void match_partitioned();

/// MPI_Start of a partitioned request.
int start_partitioned(Request* r);
/// The status of a partitioned receive, in terms of its communicator.
void name_partner(const Request* r, Status* status);
void end_partitioned(Request* r);

/// After MPI_Init, collective over all ranks: the communicator that partitions travel on, for applications that can use it.
int prepare_partitioned();

}  // namespace mana::upper
