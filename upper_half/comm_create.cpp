// SPDX-License-Identifier: Apache-2.0
// Creating communicators, MPI 4.1 §7.4.2 and §7.6.2: natively first; then the members of the new one tell each other who
// they are and agree on its id in one native collective over it.
#include <algorithm>

#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/collectives.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/info.hpp"
#include "upper_half/processes.hpp"
#include "upper_half/real_group.hpp"
#include "upper_half/real_info.hpp"
#include "upper_half/rebuild.hpp"
#include "upper_half/request.hpp"
#include "upper_half/thread.hpp"
#include "upper_half/topology.hpp"

namespace mana::upper {
namespace {

/// What a member says of itself on a fresh communicator: three MPI_INT64_T.
struct Introduction {
  std::int64_t world_rank;
  std::int64_t local_rank;
  std::int64_t proposed_id;
};
constexpr int introduction_words = 3;

Introduction introduce(int local_rank) { return {interface().rank, local_rank, local_rank == 0 ? static_cast<std::int64_t>(propose_block()) : 0}; }

void give_block(Comm& comm, std::uint64_t block) {
  comm.counter.id = block;
  comm.child_ids = ChildIds::behind({block, block_ids});
}

int exchange(std::uint64_t real, Introduction mine, Vector<Introduction>* all) {
  std::uint64_t word = predefined_datatype(mpi::INT64_T)->real.bits;
  return lower_call::allgather(&mine, introduction_words, word, all->data(), introduction_words, word, real);
}

Vector<int> world_ranks_of(const Vector<Introduction>& list) {
  Vector<int> ranks;
  ranks.reserve(list.size());
  for (const Introduction& i : list) ranks.push_back(static_cast<int>(i.world_rank));
  return ranks;
}

int meet_intra(Comm& comm) {
  Vector<Introduction> all(comm.size);
  if (int error = exchange(comm.real.bits, introduce(comm.rank), &all); error != 0) return error;
  comm.group = make_group(world_ranks_of(all));
  give_block(comm, static_cast<std::uint64_t>(all[0].proposed_id));
  return 0;
}

/// An allgather over an intercommunicator shows the remote group; over the two groups merged it shows both. The id is the
/// smaller one of the two leaders' proposals.
int meet_inter(Comm& comm) {
  Introduction mine = introduce(comm.rank);
  Vector<Introduction> remote(comm.remote_size), both(comm.size + comm.remote_size);
  if (int error = exchange(comm.real.bits, mine, &remote); error != 0) return error;
  std::uint64_t merged = 0;
  if (int error = lower_call::intercomm_merge(comm.real.bits, 0, &merged); error != 0) return error;
  return_errors(merged);
  int error = exchange(merged, mine, &both);
  lower_call::comm_free(&merged);
  if (error != 0) return error;

  Vector<int> remote_ranks = world_ranks_of(remote), sorted = remote_ranks, local_ranks(comm.size);
  std::sort(sorted.begin(), sorted.end());
  std::int64_t id = remote[0].proposed_id;
  for (const Introduction& i : both) {
    if (std::binary_search(sorted.begin(), sorted.end(), static_cast<int>(i.world_rank))) continue;
    local_ranks[i.local_rank] = static_cast<int>(i.world_rank);
    if (i.local_rank == 0) id = std::min(id, i.proposed_id);
  }
  comm.group = make_group(std::move(local_ranks));
  comm.remote_group = make_group(std::move(remote_ranks));
  give_block(comm, static_cast<std::uint64_t>(id));
  return 0;
}

}  // namespace

int adopt_comm(std::uint64_t real, Comm** out) {
  *out = comm_null;
  if (real == real_comm_null()) return 0;
  return_errors(real);
  auto* comm = create<Comm>();
  comm->real.bits = real;
  int inter = 0;
  lower_call::comm_test_inter(real, &inter);
  comm->inter = static_cast<std::uint16_t>(inter);
  lower_call::comm_rank(real, &comm->rank);
  lower_call::comm_size(real, &comm->size);
  if (inter != 0) lower_call::comm_remote_size(real, &comm->remote_size);
  if (int error = inter != 0 ? meet_inter(*comm) : meet_intra(*comm); error != 0) {
    destroy(comm);
    return error;
  }
  comm_slots.put(comm);
  list_counter(&comm->counter);
  *out = comm;
  return 0;
}

namespace {

/// The common end of every creation: object, error handler of the parent.
int finish(int error, std::uint64_t real, Comm* parent, Comm** out) {
  if (error != 0) return error;
  if (parent->foreign) return adopt_with_foreigners(real, parent, out);
  if ((error = adopt_comm(real, out)) != 0) return error;
  inherit(*out, parent);
  return 0;
}

/// The members are known; only the id has to be told.
int agree_on_block(const Comm& parent, std::uint64_t* block) {
  *block = parent.rank == 0 ? propose_block() : 0;
  if (parent.size == 1) return 0;
  return lower_call::bcast(block, 1, predefined_datatype(mpi::INT64_T)->real.bits, 0, parent.real.bits);
}

}  // namespace

Comm* make_duplicate(const Comm* parent, std::uint64_t id) {
  auto* fresh = create<Comm>();
  fresh->rank = parent->rank;
  fresh->size = parent->size;
  fresh->remote_size = parent->remote_size;
  fresh->inter = parent->inter;
  fresh->group = parent->group;
  retain(fresh->group);
  fresh->remote_group = parent->remote_group;
  if (fresh->remote_group != nullptr) retain(fresh->remote_group);
  fresh->topology = share(parent->topology);
  fresh->leftover = share(parent->leftover);
  inherit(fresh, parent);
  fresh->counter.id = id;
  comm_slots.put(fresh);
  list_counter(&fresh->counter);
  return fresh;
}

int duplicate_inside(Comm* parent, Comm** out) {
  std::uint64_t real = 0;
  if (int error = lower_call::comm_dup(parent->real.bits, &real); error != 0) return error;
  if (parent->inter != 0) {
    int error = adopt_comm(real, out);
    if (error == 0) {
      (*out)->topology = share(parent->topology);
      inherit(*out, parent);
    }
    return error;
  }
  std::uint64_t block = 0;
  if (int error = agree_on_block(*parent, &block); error != 0) return error;
  *out = make_duplicate(parent, block);
  (*out)->real.bits = real;
  (*out)->child_ids = ChildIds::behind({block, block_ids});
  return 0;
}

int duplicate(Comm* comm, const char* call, Comm** out) {
  if (!usable(comm)) return mpi::ERR_COMM;
  CollectiveScope collective(comm, call);
  if (!comm->foreign) return duplicate_inside(comm, out);
  std::uint64_t real = 0;
  int error = lower_call::comm_dup(comm->real.bits, &real);
  return finish(error, real, comm, out);
}

}  // namespace mana::upper

namespace mana::api {
namespace {

/// Copy callbacks are user code and run outside of the scope.
int duplicate_with_attributes(Comm* comm, Info* info, const char* call, Comm** newcomm) {
  Comm* fresh = nullptr;
  if (int error = duplicate(comm, call, &fresh); error != 0) return error;
  if (usable(info)) {
    WrapperScope scope;
    take_hints(&fresh->info, info, comm_hints);
  }
  if (int error = copy_attributes(comm, comm->attributes, &fresh->attributes); error != 0) {
    WrapperScope scope;
    release(fresh);
    *newcomm = comm_null;
    return error;
  }
  *newcomm = fresh;
  return 0;
}

}  // namespace

int comm_dup(Comm* comm, Comm** newcomm) { return duplicate_with_attributes(comm, nullptr, "MPI_Comm_dup", newcomm); }

int comm_dup_with_info(Comm* comm, Info* info, Comm** newcomm) {
  if (info == nullptr) return mpi::ERR_INFO;
  return duplicate_with_attributes(comm, info, "MPI_Comm_dup_with_info", newcomm);
}

int comm_create(Comm* comm, Group* group, Comm** newcomm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (!usable(group)) return mpi::ERR_GROUP;
  WrapperScope scope;
  for (int r : group->world_ranks)
    if (position_in(*comm->group, r) == mpi::UNDEFINED) return mpi::ERR_GROUP;
  CollectiveScope collective(comm, "MPI_Comm_create");
  RealGroup real_group(*group, *comm);
  if (real_group.error() != 0) return real_group.error();
  std::uint64_t real = 0;
  int error = lower_call::comm_create(comm->real.bits, real_group.bits(), &real);
  return finish(error, real, comm, newcomm);
}

/// Collective over the group only, so it can't be counted on the parent; no cut is reached while a rank is inside.
int comm_create_group(Comm* comm, Group* group, int tag, Comm** newcomm) {
  if (!usable(comm) || comm->inter != 0) return mpi::ERR_COMM;
  if (!usable(group)) return mpi::ERR_GROUP;
  *newcomm = comm_null;
  if (group->rank == mpi::UNDEFINED) return 0;
  WrapperScope scope(ThreadPlace::blocking_collective);
  post_deferred();
  RealGroup real_group(*group, *comm);
  if (real_group.error() != 0) return real_group.error();
  std::uint64_t real = 0;
  int error = lower_call::comm_create_group(comm->real.bits, real_group.bits(), tag, &real);
  if (error == 0) error = finish(error, real, comm, newcomm);
  if (error == 0) (*newcomm)->leftover = share(comm->topology != nullptr ? comm->topology : comm->leftover);
  return error;
}

int comm_split(Comm* comm, int color, int key, Comm** newcomm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (color < 0 && color != mpi::UNDEFINED) return mpi::ERR_ARG;
  WrapperScope scope;
  CollectiveScope collective(comm, "MPI_Comm_split");
  std::uint64_t real = 0;
  int error = lower_call::comm_split(comm->real.bits, color, key, &real);
  return finish(error, real, comm, newcomm);
}

int comm_split_type(Comm* comm, int split_type, int key, Info* info, Comm** newcomm) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (info == nullptr) return mpi::ERR_INFO;
  WrapperScope scope;
  CollectiveScope collective(comm, "MPI_Comm_split_type");
  std::uint64_t real = 0;
  RealInfo real_info(info);
  int error = lower_call::comm_split_type(comm->real.bits, split_type, key, real_info.bits(), &real);
  return finish(error, real, comm, newcomm);
}

/// MPI 4.1 §7.6.2: collective over both local communicators; counted on the local one.
int intercomm_create(Comm* local_comm, int local_leader, Comm* peer_comm, int remote_leader, int tag, Comm** newintercomm) {
  if (!usable(local_comm) || local_comm->inter != 0) return mpi::ERR_COMM;
  bool leader = local_comm->rank == local_leader;
  if (leader && !usable(peer_comm)) return mpi::ERR_COMM;
  if (local_leader < 0 || local_leader >= local_comm->size) return mpi::ERR_RANK;
  WrapperScope scope;
  CollectiveScope collective(local_comm, "MPI_Intercomm_create");
  std::uint64_t real = 0;
  int error = lower_call::intercomm_create(local_comm->real.bits, local_leader, leader ? peer_comm->real.bits : real_comm_null(), remote_leader, tag, &real);
  return finish(error, real, local_comm, newintercomm);
}

int intercomm_merge(Comm* intercomm, int high, Comm** newintracomm) {
  if (!usable(intercomm) || intercomm->inter == 0) return mpi::ERR_COMM;
  WrapperScope scope;
  CollectiveScope collective(intercomm, "MPI_Intercomm_merge");
  std::uint64_t real = 0;
  int error = lower_call::intercomm_merge(intercomm->real.bits, high, &real);
  return finish(error, real, intercomm, newintracomm);
}

}  // namespace mana::api
