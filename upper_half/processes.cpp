// SPDX-License-Identifier: Apache-2.0
// Ports, names, and starting processes. Started programs run natively under the real MPI, so their ABI has to be its own.
#include "upper_half/processes.hpp"

#include <algorithm>

#include "common/spawn_args.hpp"
#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/caution.hpp"
#include "upper_half/collectives.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/real_info.hpp"
#include "upper_half/rebuild.hpp"

namespace mana::upper {
namespace {

constexpr const char* why_not = "a communicator with processes of another job (MPI_Comm_spawn, MPI_Comm_connect, MPI_Comm_accept or MPI_Comm_join)";

/// Stands for the world rank of a process of another job.
constexpr int first_foreign_rank = 1 << 28;
int next_foreign_rank = first_foreign_rank;

/// World ranks of the members of a real group; foreign ones get numbers that no rank has.
int world_ranks(std::uint64_t real_group, int size, Vector<int>* ranks, bool* foreign) {
  std::uint64_t world = 0;
  if (int error = lower_call::comm_group(comm_world->real.bits, &world); error != 0) return error;
  Vector<int> own(size);
  ranks->assign(size, mpi::UNDEFINED);
  for (int i = 0; i < size; ++i) own[i] = i;
  int error = lower_call::group_translate_ranks(real_group, size, own.data(), world, ranks->data());
  lower_call::group_free(&world);
  for (int& rank : *ranks) {
    if (rank != mpi::UNDEFINED) continue;
    rank = next_foreign_rank++;
    *foreign = true;
  }
  return error;
}

/// The two groups of a communicator, as far as this job knows them.
int members(Comm& comm, bool* foreign) {
  Vector<int> ranks;
  std::uint64_t group = 0;
  if (int error = lower_call::comm_group(comm.real.bits, &group); error != 0) return error;
  int error = world_ranks(group, comm.size, &ranks, foreign);
  lower_call::group_free(&group);
  if (error != 0) return error;
  comm.group = make_group(std::move(ranks));
  if (comm.inter == 0) return 0;
  if (error = lower_call::comm_remote_group(comm.real.bits, &group); error != 0) return error;
  Vector<int> remote;
  error = world_ranks(group, comm.remote_size, &remote, foreign);
  lower_call::group_free(&group);
  if (error == 0) comm.remote_group = make_group(std::move(remote));
  return error;
}

void measure(Comm& comm) {
  int inter = 0;
  lower_call::comm_test_inter(comm.real.bits, &inter);
  comm.inter = static_cast<std::uint16_t>(inter);
  lower_call::comm_rank(comm.real.bits, &comm.rank);
  lower_call::comm_size(comm.real.bits, &comm.size);
  if (inter != 0) lower_call::comm_remote_size(comm.real.bits, &comm.remote_size);
}

void drop_draft(Comm* comm) {
  release(comm->group);
  release(comm->remote_group);
  destroy(comm);
}

}  // namespace

int adopt_with_foreigners(std::uint64_t real, Comm* parent, Comm** out) {
  *out = comm_null;
  if (real == real_comm_null()) return 0;
  return_errors(real);
  auto* comm = create<Comm>();
  comm->real.bits = real;
  measure(*comm);
  bool foreign = false;
  if (int error = members(*comm, &foreign); error != 0) {
    drop_draft(comm);
    return error;
  }
  if (!foreign) {
    drop_draft(comm);
    return adopt_comm(real, out);
  }
  comm->foreign = true;
  set_caution(caution::foreign);
  comm->counter.id = unagreed_id();
  inherit(comm, parent);
  comm_slots.put(comm);
  list_counter(&comm->counter);
  forbid_cuts(why_not);
  *out = comm;
  return 0;
}

void forbid_cuts(const char* reason) {
  interface().unsupported_name = reason;
  __atomic_fetch_add(&interface().active_unsupported, 1, __ATOMIC_RELAXED);
}

void allow_cuts() { __atomic_fetch_sub(&interface().active_unsupported, 1, __ATOMIC_RELAXED); }

int part_from_foreigners(Comm** comm, bool disconnect) {
  Comm* c = *comm;
  if (int error = delete_attributes(c, &c->attributes); error != 0) return error;
  CollectiveScope collective(c, "MPI_Comm_disconnect");
  int error = disconnect ? lower_call::comm_disconnect(&c->real.bits) : lower_call::comm_free(&c->real.bits);
  if (error != 0) return error;
  c->real.bits = real_comm_null();
  c->freed = 1;
  release(c);
  *comm = comm_null;
  return 0;
}

}  // namespace mana::upper

namespace mana::api {
namespace {

int check(const Comm* comm, const Info* info, int root) {
  if (!usable(comm) || comm->inter != 0) return mpi::ERR_COMM;
  if (info == nullptr) return mpi::ERR_INFO;
  return root < 0 || root >= comm->size ? mpi::ERR_ROOT : 0;
}

/// Started programs and the application are of one MPI, or the program can't be one of this job's processes.
int check_spawn() { return abi().abi == gate().lower_mpi ? 0 : mpi::ERR_SPAWN; }

int spawn(custom::Spawn& a, Comm* comm, const char* call, Comm** intercomm) {
  CollectiveScope collective(comm, call);
  auto error = static_cast<int>(cross(&a, LowerEntry::custom_spawn));
  return error != 0 ? error : adopt_with_foreigners(a.intercomm, comm, intercomm);
}

void say_all(int* codes, int count, int error) {
  for (int i = 0; codes != nullptr && i < count; ++i) codes[i] = error == 0 ? 0 : abi().app_error(error);
}

}  // namespace

int comm_spawn(const char* command, char** argv, int maxprocs, Info* info, int root, Comm* comm, Comm** intercomm, int* array_of_errcodes) {
  if (int error = check(comm, info, root); error != 0) return error;
  if (int error = check_spawn(); error != 0) return error;
  WrapperScope scope;
  bool at_root = comm->rank == root;
  RealInfo real_info(at_root ? info : nullptr);
  auto* name = const_cast<char*>(command);
  std::uint64_t info_bits = real_info.bits();
  custom::Spawn a{1, &name, at_root && argv != nullptr ? &argv : nullptr, &maxprocs, &info_bits, root, comm->real.bits, 0};
  int error = spawn(a, comm, "MPI_Comm_spawn", intercomm);
  say_all(array_of_errcodes, at_root ? maxprocs : 0, error);
  return error;
}

int comm_spawn_multiple(int count, char** array_of_commands, char*** array_of_argv, const int* array_of_maxprocs, Info* const* array_of_info, int root,
                        Comm* comm, Comm** intercomm, int* array_of_errcodes) {
  if (!usable(comm) || comm->inter != 0) return mpi::ERR_COMM;
  if (root < 0 || root >= comm->size) return mpi::ERR_ROOT;
  if (int error = check_spawn(); error != 0) return error;
  WrapperScope scope;
  bool at_root = comm->rank == root;
  Vector<std::uint64_t> infos;
  Vector<RealInfo*> made;
  for (int i = 0; at_root && i < count; ++i) {
    made.push_back(create<RealInfo>(array_of_info[i]));
    infos.push_back(made.back()->bits());
  }
  custom::Spawn a{at_root ? count : 0, array_of_commands, array_of_argv, array_of_maxprocs, infos.data(), root, comm->real.bits, 0};
  int error = spawn(a, comm, "MPI_Comm_spawn_multiple", intercomm), processes = 0;
  for (RealInfo* info : made) destroy(info);
  for (int i = 0; at_root && i < count; ++i) processes += array_of_maxprocs[i];
  say_all(array_of_errcodes, processes, error);
  return error;
}

int comm_accept(const char* port_name, Info* info, int root, Comm* comm, Comm** newcomm) {
  if (int error = check(comm, info, root); error != 0) return error;
  WrapperScope scope;
  CollectiveScope collective(comm, "MPI_Comm_accept");
  RealInfo real_info(info);
  std::uint64_t real = 0;
  int error = lower_call::comm_accept(port_name, real_info.bits(), root, comm->real.bits, &real);
  return error != 0 ? error : adopt_with_foreigners(real, comm, newcomm);
}

int comm_connect(const char* port_name, Info* info, int root, Comm* comm, Comm** newcomm) {
  if (int error = check(comm, info, root); error != 0) return error;
  WrapperScope scope;
  CollectiveScope collective(comm, "MPI_Comm_connect");
  RealInfo real_info(info);
  std::uint64_t real = 0;
  int error = lower_call::comm_connect(port_name, real_info.bits(), root, comm->real.bits, &real);
  return error != 0 ? error : adopt_with_foreigners(real, comm, newcomm);
}

int comm_join(int fd, Comm** intercomm) {
  WrapperScope scope(ThreadPlace::blocking_collective);
  std::uint64_t real = 0;
  int error = lower_call::comm_join(fd, &real);
  return error != 0 ? error : adopt_with_foreigners(real, comm_self, intercomm);
}

int open_port(Info* info, char* port_name) {
  if (info == nullptr) return mpi::ERR_INFO;
  WrapperScope scope;
  return lower_call::open_port(RealInfo(info).bits(), port_name);
}

int close_port(const char* port_name) {
  WrapperScope scope;
  return lower_call::close_port(port_name);
}

int publish_name(const char* service_name, Info* info, const char* port_name) {
  if (info == nullptr) return mpi::ERR_INFO;
  WrapperScope scope;
  return lower_call::publish_name(service_name, RealInfo(info).bits(), port_name);
}

int unpublish_name(const char* service_name, Info* info, const char* port_name) {
  if (info == nullptr) return mpi::ERR_INFO;
  WrapperScope scope;
  return lower_call::unpublish_name(service_name, RealInfo(info).bits(), port_name);
}

int lookup_name(const char* service_name, Info* info, char* port_name) {
  if (info == nullptr) return mpi::ERR_INFO;
  WrapperScope scope;
  return lower_call::lookup_name(service_name, RealInfo(info).bits(), port_name);
}

}  // namespace mana::api
