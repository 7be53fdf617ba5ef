// SPDX-License-Identifier: Apache-2.0
// Sessions, and communicators made from groups (MPI 4.1 §7.4.2, §7.6.2, §11.3).
#include "upper_half/session.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <strings.h>

#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/bsend.hpp"
#include "upper_half/collectives.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/environment.hpp"
#include "upper_half/errhandler.hpp"
#include "upper_half/info.hpp"
#include "upper_half/real_group.hpp"
#include "upper_half/rebuild.hpp"
#include "upper_half/request.hpp"

namespace mana::upper {
namespace {

constexpr const char* process_sets[] = {"mpi://WORLD", "mpi://SELF"};
constexpr int process_set_count = 2;

struct ThreadLevel {
  const char* name;
  int level;
};
constexpr ThreadLevel thread_levels[] = {{"MPI_THREAD_SINGLE", mpi::THREAD_SINGLE},
                                         {"MPI_THREAD_FUNNELED", mpi::THREAD_FUNNELED},
                                         {"MPI_THREAD_SERIALIZED", mpi::THREAD_SERIALIZED},
                                         {"MPI_THREAD_MULTIPLE", mpi::THREAD_MULTIPLE}};

int wanted_level(const Info* info) {
  const Text* value = usable(info) ? info->find("thread_level") : nullptr;
  if (value == nullptr && usable(info)) value = info->find("mpi_thread_support_level");
  for (const ThreadLevel& t : thread_levels)
    if (value != nullptr && *value == t.name) return t.level;
  return mpi::THREAD_SINGLE;
}

/// Number of the process set, -1 if there is none of that name. MPICH takes small letters too.
int process_set(const char* name) {
  for (int i = 0; i < process_set_count; ++i)
    if (strcasecmp(name, process_sets[i]) == 0) return i;
  return -1;
}

const Comm& comm_of_set(int set) { return set == 0 ? *comm_world : *comm_self; }

/// Tells apart what is made from groups at the same time; calls of one thread come in one order anyway.
int tag_of(const char* stringtag) {
  unsigned hash = 2166136261u;
  for (const char* c = stringtag; *c != 0; ++c) hash = (hash ^ static_cast<unsigned char>(*c)) * 16777619u;
  return static_cast<int>(hash & 0x3fff);
}

/// The real communicator of a group; collective over it.
int make_plain(const Group& group, int tag, std::uint64_t* real) {
  RealGroup real_group(group, *comm_world);
  if (real_group.error() != 0) return real_group.error();
  int error = lower_call::comm_create_group(comm_world->real.bits, real_group.bits(), tag, real);
  if (error == 0) return_errors(*real);
  return error;
}

int adopt_with_handler(int error, std::uint64_t real, const Group& group, Errhandler* errhandler, Comm** out) {
  if (error != 0) return error;
  if (error = adopt_comm(real, out); error != 0 || *out == comm_null) return error;
  retain(errhandler);
  (*out)->errhandler = errhandler;
  derive(*out, group.session);
  return 0;
}

int check(const Group* group, const Info* info, const Errhandler* errhandler) {
  if (!usable(group)) return mpi::ERR_GROUP;
  if (info == nullptr) return mpi::ERR_INFO;
  return errhandler == nullptr || errhandler->vid == mpi::ERRHANDLER_NULL ? mpi::ERR_ARG : 0;
}

}  // namespace

std::uint32_t open_sessions() { return session_slots.live(); }

/// The session's handler; an invalid session's errors go to MPI_COMM_WORLD's.
int raise(Session* session, int code, const char* function) {
  if (!usable(session)) return raise(comm_world, code, function);
  return raise_on(session, session->errhandler, "a session", code, function);
}

}  // namespace mana::upper

namespace mana::api {

int session_init(Info* info, Errhandler* errhandler, Session** session) {
  if (info == nullptr) return mpi::ERR_INFO;
  if (errhandler == nullptr || errhandler->vid == mpi::ERRHANDLER_NULL) return mpi::ERR_ARG;
  int provided = 0;
  if (int error = bring_up_mpi(wanted_level(info), &provided); error != 0) return error;
  WrapperScope scope;
  auto* s = create<Session>();
  s->thread_level = provided;
  retain(errhandler);
  s->errhandler = errhandler;
  session_slots.put(s);
  *session = s;
  return 0;
}

/// Collective only as far as MPI itself ends with it.
int session_finalize(Session** session) {
  Session* s = *session;
  if (!usable(s)) return mpi::ERR_SESSION;
  {
    WrapperScope scope;
    await_detached_sends();
    abandon_buffer(&s->send_buffer);
    session_slots.remove(s);
    release(s->errhandler);
    release(s);
    *session = reinterpret_cast<Session*>(predefined_objects[mpi::SESSION_NULL]);
  }
  return take_down_mpi_if_over();
}

int session_get_num_psets(Session* session, Info*, int* npset_names) {
  if (!usable(session)) return mpi::ERR_SESSION;
  *npset_names = process_set_count;
  return 0;
}

/// A length of 0 asks for the length that is needed, its end mark included.
int session_get_nth_pset(Session* session, Info*, int n, int* pset_len, char* pset_name) {
  if (!usable(session)) return mpi::ERR_SESSION;
  if (n < 0 || n >= process_set_count || pset_len == nullptr) return mpi::ERR_ARG;
  std::size_t length = std::strlen(process_sets[n]);
  if (*pset_len > 0) {
    std::size_t fits = std::min(length, static_cast<std::size_t>(*pset_len) - 1);
    std::memcpy(pset_name, process_sets[n], fits);
    pset_name[fits] = 0;
  }
  *pset_len = static_cast<int>(length) + 1;
  return 0;
}

int session_get_pset_info(Session* session, const char* pset_name, Info** info) {
  if (!usable(session)) return mpi::ERR_SESSION;
  int set = process_set(pset_name);
  if (set < 0) return mpi::ERR_ARG;
  WrapperScope scope;
  char size[16];
  std::snprintf(size, sizeof size, "%d", comm_of_set(set).size);
  *info = copy_info(nullptr);
  (*info)->set("mpi_size", size);
  return 0;
}

int session_get_info(Session* session, Info** info_used) {
  if (!usable(session)) return mpi::ERR_SESSION;
  WrapperScope scope;
  *info_used = copy_info(nullptr);
  for (const ThreadLevel& t : thread_levels)
    if (t.level == session->thread_level) (*info_used)->set("thread_level", t.name);
  return 0;
}

int group_from_session_pset(Session* session, const char* pset_name, Group** newgroup) {
  if (!usable(session)) return mpi::ERR_SESSION;
  int set = process_set(pset_name);
  if (set < 0) return mpi::ERR_ARG;
  WrapperScope scope;
  *newgroup = make_group(comm_of_set(set).group->world_ranks, session);
  return 0;
}

/// Collective over the group only, so it is counted on no communicator; no cut is reached while a rank is inside.
int comm_create_from_group(Group* group, const char* stringtag, Info* info, Errhandler* errhandler, Comm** newcomm) {
  if (int error = check(group, info, errhandler); error != 0) return error;
  *newcomm = comm_null;
  if (group->rank == mpi::UNDEFINED) return group->size() == 0 ? 0 : mpi::ERR_GROUP;
  WrapperScope scope(ThreadPlace::blocking_collective);
  post_deferred();
  std::uint64_t real = 0;
  int error = make_plain(*group, tag_of(stringtag), &real);
  return adopt_with_handler(error, real, *group, errhandler, newcomm);
}

int intercomm_create_from_groups(Group* local_group, int local_leader, Group* remote_group, int remote_leader, const char* stringtag, Info* info,
                                 Errhandler* errhandler, Comm** newintercomm) {
  if (int error = check(local_group, info, errhandler); error != 0) return error;
  if (!usable(remote_group)) return mpi::ERR_GROUP;
  if (local_leader < 0 || local_leader >= local_group->size() || local_group->rank == mpi::UNDEFINED) return mpi::ERR_ARG;
  bool leader = local_group->rank == local_leader;
  if (leader && (remote_leader < 0 || remote_leader >= remote_group->size())) return mpi::ERR_ARG;
  *newintercomm = comm_null;
  WrapperScope scope(ThreadPlace::blocking_collective);
  post_deferred();
  std::uint64_t local = 0, real = 0;
  int tag = tag_of(stringtag);
  int error = make_plain(*local_group, tag, &local);
  if (error != 0) return error;
  error = lower_call::intercomm_create(local, local_leader, leader ? comm_world->real.bits : real_comm_null(),
                                       leader ? remote_group->world_ranks[static_cast<std::size_t>(remote_leader)] : 0, tag, &real);
  lower_call::comm_free(&local);
  return adopt_with_handler(error, real, *local_group, errhandler, newintercomm);
}

int session_create_errhandler(AnyFunction function, Errhandler** errhandler) { return comm_create_errhandler(function, errhandler); }

int session_set_errhandler(Session* session, Errhandler* errhandler) {
  if (!usable(session)) return mpi::ERR_SESSION;
  if (errhandler == nullptr || errhandler->vid == mpi::ERRHANDLER_NULL) return mpi::ERR_ARG;
  WrapperScope scope;
  retain(errhandler);
  release(session->errhandler);
  session->errhandler = errhandler;
  return 0;
}

int session_get_errhandler(Session* session, Errhandler** errhandler) {
  if (!usable(session)) return mpi::ERR_SESSION;
  retain(session->errhandler);
  *errhandler = session->errhandler;
  return 0;
}

int session_call_errhandler(Session* session, int errorcode) {
  if (!usable(session)) return mpi::ERR_SESSION;
  raise(session, errorcode, "MPI_Session_call_errhandler");
  return 0;
}

}  // namespace mana::api
