// SPDX-License-Identifier: Apache-2.0
// Communicators (MPI 4.1 §7): member lists, agreed id, collective counter, attributes, topology; and the real one.
#pragma once

#include "common/mpi_constants.hpp"
#include "common/thread_record.hpp"
#include "upper_half/attribute.hpp"
#include "upper_half/comm_id.hpp"
#include "upper_half/group.hpp"
#include "upper_half/objects.hpp"
#include "upper_half/text.hpp"

namespace mana::upper {

struct Errhandler;
struct Info;
struct Request;
struct SendBuffer;
struct Session;
struct Topology;

struct Comm : Object {
  Real<Class::comm> real;
  int rank = mpi::PROC_NULL;
  int size = 0;         ///< of the local group; 0 for MPI_COMM_NULL
  int remote_size = 0;  ///< of an intercommunicator, else 0
  std::uint16_t inter = 0;
  bool foreign = false;        ///< has processes of another job: processes.hpp
  bool of_persistent = false;  ///< a persistent collective's own
  bool given_up = false;       ///< such a one, by all members: its farewell is complete
  bool unagreed = false;       ///< its id is this process's own, so no cut is possible while it lives
  bool impatient = false;      ///< see let_duplicate_finish()
  CommunicatorCounter counter{};
  ChildIds child_ids;
  Group* group = nullptr;         ///< referenced
  Group* remote_group = nullptr;  ///< referenced; null for an intracommunicator
  Topology* topology = nullptr;
  Topology* leftover = nullptr;  ///< one that only the real communicator has: what Open MPI's MPI_Comm_create_group copies from the parent
  Errhandler* errhandler = nullptr;
  Info* info = nullptr;
  Session* session = nullptr;         ///< referenced; null: of the world model
  SendBuffer* send_buffer = nullptr;  ///< attached for buffered sends
  Request* duplication = nullptr;     ///< the last MPI_Comm_idup of it, until its request is given up
  Attributes attributes;
  Text name;

  /// Ranks that a send's destination can name.
  int peers() const { return inter != 0 ? remote_size : size; }
  const Group& peer_group() const { return inter != 0 ? *remote_group : *group; }
};

/// A communicator that calls may be made on: not invalid, not MPI_COMM_NULL, not before MPI_Init.
[[gnu::always_inline]] inline bool usable(const Comm* comm) { return comm != nullptr && comm->size != 0; }

extern Comm* const comm_world;
extern Comm* const comm_self;
extern Comm* const comm_null;

/// One user less; the last one frees the real communicator, too.
void release(Comm* comm);

/// After MPI_Init of the real MPI: fills MPI_COMM_WORLD and MPI_COMM_SELF.
void attach_world();

/// Every communicator that is still needed, also freed ones that pending operations use: f(Comm*).
template <class F>
void each_comm(F f);

// --- for topology.cpp and rebuild.cpp

/// Shows a counter to the agreement on a cut.
void list_counter(CommunicatorCounter* counter);
/// Sends errors of a fresh real communicator back to us.
void return_errors(std::uint64_t real);
/// Makes the object of a fresh real communicator; collective over it (agrees on the id). `real` may be the real
/// MPI_COMM_NULL: gives comm_null. Call inside the creating call's CollectiveScope.
int adopt_comm(std::uint64_t real, Comm** out);
/// All of a duplicate but its real handle, with this id. Call inside a CollectiveScope on `parent`.
Comm* make_duplicate(const Comm* parent, std::uint64_t id);
/// A duplicate of one without foreign processes. Collective, inside such a scope; agrees on the id.
int duplicate_inside(Comm* parent, Comm** out);
/// A duplicate with the topology and error handler, without attributes and info. Collective; `call` is the name of the function.
int duplicate(Comm* comm, const char* call, Comm** out);
/// The real MPI_COMM_NULL.
std::uint64_t real_comm_null();
/// Open MPI 4.1.4 hangs, or mixes messages up, when a nonblocking collective on a communicator, such as MPI_Comm_idup itself, begins while that is being
/// duplicated by MPI_Comm_idup. All members begin these in one order, so this mostly may wait until the duplication is complete. Not if a member first
/// needs something else of this one: after `duplication_patience_s` on a communicator nothing waits there any more. Call outside of any CollectiveScope.
void wait_for_duplication(Comm* comm);
[[gnu::always_inline]] inline void let_duplicate_finish(Comm* comm) {
  if (__builtin_expect(comm->duplication != nullptr, 0)) wait_for_duplication(comm);
}
/// Error handler (MPI 4.1 §9.3) and session of the parent.
void inherit(Comm* child, const Comm* parent);
/// The communicator and its groups come from this session; null: from none.
void derive(Comm* child, Session* session);

}  // namespace mana::upper

#include "upper_half/predefined.hpp"

namespace mana::upper {
template <class F>
void each_comm(F f) {
  if (comm_world->size != 0) {
    f(comm_world);
    f(comm_self);
  }
  comm_slots.each([&](Object* object) { f(static_cast<Comm*>(object)); });
}
}  // namespace mana::upper
