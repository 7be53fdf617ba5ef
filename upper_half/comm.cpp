// SPDX-License-Identifier: Apache-2.0
// Communicators as objects: life, queries, name, info, attributes' owner. Creation is in comm_create.cpp.
#include "upper_half/comm.hpp"

#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/collectives.hpp"
#include "upper_half/errhandler.hpp"
#include "upper_half/info.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/processes.hpp"
#include "upper_half/rebuild.hpp"
#include "upper_half/request.hpp"
#include "upper_half/session.hpp"
#include "upper_half/thread.hpp"
#include "upper_half/topology.hpp"

namespace mana::upper {
namespace {

void unlist(CommunicatorCounter* counter) {
  InterfaceLock lock;
  CommunicatorCounter** link = &interface().communicators;
  while (*link != nullptr && *link != counter) link = &(*link)->next;
  if (*link != nullptr) *link = counter->next;
}

void fill_predefined(Comm& comm, std::uint64_t id, ChildIds child_ids, Vector<int> members) {
  comm.real.bits = real_predefined(comm.vid);
  comm.group = make_group(std::move(members));
  comm.rank = comm.group->rank;
  comm.size = comm.group->size();
  comm.counter.id = id;
  comm.child_ids = child_ids;
  list_counter(&comm.counter);
  return_errors(comm.real.bits);
}

void destroy_comm(Comm* comm) {
  unlist(&comm->counter);
  {
    RequestLock lock;  // the drain, in another thread, may be looking at it
    comm_slots.remove(comm);
  }
  if (comm->foreign || comm->unagreed) allow_cuts();
  if (comm->real.bits != real_comm_null()) lower_call::comm_free(&comm->real.bits);
  release(comm->group);
  release(comm->remote_group);
  drop(comm->topology);
  drop(comm->leftover);
  release(comm->errhandler);
  release(comm->info);
  release(comm->session);
  destroy(comm);
}

}  // namespace

void list_counter(CommunicatorCounter* counter) {
  InterfaceLock lock;
  counter->next = interface().communicators;
  interface().communicators = counter;
}

std::uint64_t real_comm_null() { return comm_null->real.bits; }

void return_errors(std::uint64_t real) { lower_call::comm_set_errhandler(real, real_predefined(mpi::ERRORS_RETURN)); }

void release(Comm* comm) {
  if (comm != nullptr && drop_reference(comm)) destroy_comm(comm);
}

/// MPI_COMM_WORLD has id 1 and the block that no rank proposes, with rank bits 0; see comm_id.hpp for the others.
void attach_world() {
  WrapperScope scope;
  refresh_predefined();
  int rank = interface().rank, size = interface().size;
  Vector<int> everyone(size);
  for (int i = 0; i < size; ++i) everyone[i] = i;
  fill_predefined(*comm_world, 1, ChildIds::behind({block_ids, block_ids}), std::move(everyone));
  fill_predefined(*comm_self, block_of_self(), ChildIds::behind({block_of_self(), block_ids}), Vector<int>(1, rank));
  set_predefined_attributes();
}

void inherit(Comm* child, const Comm* parent) {
  if (child == comm_null) return;
  child->errhandler = parent->errhandler;
  if (child->errhandler != nullptr) retain(child->errhandler);
  derive(child, parent->session);
}

void derive(Comm* child, Session* session) {
  set_session(&child->session, session);
  for (Group* group : {child->group, child->remote_group})
    if (group != nullptr && static_cast<std::int32_t>(group->vid) < 0) set_session(&group->session, session);
}

}  // namespace mana::upper

namespace mana::api {

int comm_rank(Comm* comm, int* rank) {
  if (__builtin_expect(!usable(comm), 0)) return mpi::ERR_COMM;
  *rank = comm->rank;
  return 0;
}

int comm_size(Comm* comm, int* size) {
  if (__builtin_expect(!usable(comm), 0)) return mpi::ERR_COMM;
  *size = comm->size;
  return 0;
}

int comm_test_inter(Comm* comm, int* flag) {
  if (!usable(comm)) return mpi::ERR_COMM;
  *flag = static_cast<int>(comm->inter);
  return 0;
}

int comm_remote_size(Comm* comm, int* size) {
  if (!usable(comm) || comm->inter == 0) return mpi::ERR_COMM;
  *size = comm->remote_size;
  return 0;
}

int comm_group(Comm* comm, Group** group) {
  if (!usable(comm)) return mpi::ERR_COMM;
  retain(comm->group);
  *group = comm->group;
  return 0;
}

int comm_remote_group(Comm* comm, Group** group) {
  if (!usable(comm) || comm->inter == 0) return mpi::ERR_COMM;
  retain(comm->remote_group);
  *group = comm->remote_group;
  return 0;
}

int comm_compare(Comm* comm1, Comm* comm2, int* result) {
  if (!usable(comm1) || !usable(comm2)) return mpi::ERR_COMM;
  WrapperScope scope;
  *result = mpi::UNEQUAL;
  if (comm1 == comm2) {
    *result = mpi::IDENT;
  } else if (comm1->inter == comm2->inter) {
    bool inter = comm1->inter != 0;
    if (same_order(*comm1->group, *comm2->group) && (!inter || same_order(*comm1->remote_group, *comm2->remote_group)))
      *result = mpi::CONGRUENT;
    else if (same_members(*comm1->group, *comm2->group) && (!inter || same_members(*comm1->remote_group, *comm2->remote_group)))
      *result = mpi::SIMILAR;
  }
  return 0;
}

int comm_set_name(Comm* comm, const char* comm_name) {
  if (!usable(comm)) return mpi::ERR_COMM;
  WrapperScope scope;
  comm->name.assign(comm_name, strnlen(comm_name, 127));
  return 0;
}

int comm_get_name(Comm* comm, char* comm_name, int* resultlen) {
  if (comm == nullptr) return mpi::ERR_COMM;
  WrapperScope scope;
  *resultlen = copy_text(comm->name, comm_name);
  return 0;
}

int comm_set_info(Comm* comm, Info* info) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (info == nullptr) return mpi::ERR_INFO;
  WrapperScope scope;
  take_hints(&comm->info, info, comm_hints);
  return 0;
}

int comm_get_info(Comm* comm, Info** info_used) {
  if (!usable(comm)) return mpi::ERR_COMM;
  WrapperScope scope;
  *info_used = hints_in_use(comm->info, comm_hints);
  return 0;
}

}  // namespace mana::api
