// SPDX-License-Identifier: Apache-2.0
// Matched messages (MPI 4.1 §3.8.2): what MPI_Mprobe has taken and MPI_Mrecv will receive. The drain moves the data of
// those that are alive at a cut into memory, so that none depends on the real MPI afterwards.
#pragma once

#include "upper_half/drained.hpp"

namespace mana::upper {

struct Message : Object {
  Real<Class::message> real;
  Comm* comm = nullptr;               ///< referenced
  Status envelope{};                  ///< what the probe reported
  DrainedMessage* drained = nullptr;  ///< the data, when the drain has received it
  bool being_received = false;        ///< a thread is at it: not the drain's
  Message* next = nullptr;            ///< all live messages
};

/// MPI_MESSAGE_NULL and MPI_MESSAGE_NO_PROC.
extern Message null_message, no_proc_message;

/// A message just matched by the real MPI (`drained` null) or taken from the drained ones.
Message* new_message(std::uint64_t real, DrainedMessage* drained, Comm* comm, const Status& envelope);
void release_message(Message* message);
/// Drain: receives the data of every live message that is still in the real MPI. True if there was one.
bool receive_matched_messages();

}  // namespace mana::upper
