// SPDX-License-Identifier: Apache-2.0
// Sessions (MPI 4.1 §11.3): kept here, over the process sets mpi://WORLD and mpi://SELF of the real MPI's world, which is brought
// up by the first MPI_Init or MPI_Session_init and taken down by the last end, or when the program exits.
#pragma once

#include "upper_half/objects.hpp"

namespace mana::upper {

struct Errhandler;
struct Info;
struct SendBuffer;

/// Referenced by its handle and by the groups and communicators that are derived from it.
struct Session : Object {
  Errhandler* errhandler = nullptr;  ///< referenced
  int thread_level = 0;
  SendBuffer* send_buffer = nullptr;  ///< attached for buffered sends
};

inline bool usable(const Session* session) { return session != nullptr && static_cast<std::int32_t>(session->vid) < 0; }

inline void release(Session* session) {
  if (session != nullptr && drop_reference(session)) destroy(session);
}
/// Makes `*place` refer to a session; both may be null.
inline void set_session(Session** place, Session* session) {
  if (session != nullptr) retain(session);
  release(*place);
  *place = session;
}

/// Sessions that have not been finalized.
std::uint32_t open_sessions();

}  // namespace mana::upper
