// SPDX-License-Identifier: Apache-2.0
// Nonblocking and persistent collectives (MPI 4.1 §6.12, §6.13). Each is one native nonblocking collective, counted at its
// start; at a cut every member has started it, so the drain completes it, and nothing of it has to be remade.
//
// A record holds what the real MPI, or the next Start, looks at after the call: copies of arrays, references to handles.
// An operation on predefined handles without arrays needs none.
#pragma once

#include <tuple>

#include "upper_half/collectives.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/op.hpp"
#include "upper_half/real_types.hpp"
#include "upper_half/request.hpp"

namespace mana::upper {

/// An array argument. `keep` makes it a copy in the arena. Null where it is not significant.
template <class T>
struct Array {
  const T* values;
  int count;
};
/// An array of datatypes; the kept one has room for the real handles, which must stand still until the operation completes.
struct TypeArray {
  Datatype* const* types;
  int count;
  int room = 0;  ///< null handles behind the types, at least so many in all
  std::uint64_t* real = nullptr;
};
/// An operation with the type it reduces.
struct Reduction {
  Op* op;
  Datatype* type;
};

// --- What each kind of argument needs: must it be kept, keep it, let it go, its value for the crossing.

template <class T>
bool must_keep(T) {
  return false;
}
inline bool must_keep(Datatype* type) { return type != nullptr && static_cast<std::int32_t>(type->vid) < 0; }
inline bool must_keep(const Reduction& r) { return !r.op->predefined; }
template <class T>
bool must_keep(const Array<T>& a) {
  return a.values != nullptr;
}
inline bool must_keep(const TypeArray& a) { return a.types != nullptr; }

template <class T>
void keep(T&) {}
inline void keep(Datatype*& type) {
  if (type != nullptr) retain(type);
}
inline void keep(Reduction& r) { retain(r.op); }
template <class T>
void keep(Array<T>& a) {
  if (a.values == nullptr) return;
  auto* copy = static_cast<T*>(arena_allocate(sizeof(T) * static_cast<std::size_t>(a.count) + 1));
  std::memcpy(copy, a.values, sizeof(T) * static_cast<std::size_t>(a.count));
  a.values = copy;
}
void keep(TypeArray& a);

template <class T>
void let_go(T&) {}
inline void let_go(Datatype*& type) {
  if (type != nullptr) release(type);
}
inline void let_go(Reduction& r) { release(r.op); }
template <class T>
void let_go(Array<T>& a) {
  arena_release(const_cast<T*>(a.values));
}
void let_go(TypeArray& a);

template <class T>
T lowered(T value) {
  return value;
}
inline std::uint64_t lowered(Datatype* type) { return bits_of(type); }
inline std::uint64_t lowered(const Reduction& r) {
  note_reduction(r.op, r.type);
  return r.op->real.bits;
}
template <class T>
const T* lowered(const Array<T>& a) {
  return a.values;
}
const std::uint64_t* lowered(const TypeArray& a);

/// Gives up the communicator of an operation. That of a persistent one, which is its own, stays until all members have given it up: one may be done with
/// the operation's last start while another has it still before it, so no cut may miss the count of that start, nor a restart the communicator. A
/// nonblocking barrier tells (`special::farewell`). No cut waits for it, for a member may keep its request as long as it likes.
void part_from(Comm* comm);
/// At a restart, before communicators are remade: those whose barrier is complete are needed no more.
void note_farewells();
/// After that: the other such barriers begin anew on their communicators, where these have been remade.
void rebuild_farewell(Request* r);

/// The kept operation of a request with `special::collective`.
struct CollectiveRecord {
  int (*start)(CollectiveRecord& record, std::uint64_t* real);  ///< the native start; an error class
  void (*end)(CollectiveRecord& record);                        ///< lets everything go and frees the record
  Comm* comm;                                                   ///< referenced
  bool calls_user_function;
  const Request* request = nullptr;  // to which it belongs
  CollectiveRecord* next = nullptr;  // in the list of those that call user functions
};

template <auto Entry, class... Arguments>
struct KeptCollective : CollectiveRecord {
  std::tuple<Arguments...> arguments;

  KeptCollective(Comm* on, Arguments... a) : CollectiveRecord{&start_kept, &end_kept, on, false}, arguments(a...) {
    retain(on);
    std::apply([](auto&... each) { (keep(each), ...); }, arguments);
  }
  static int start_kept(CollectiveRecord& record, std::uint64_t* real) {
    auto& self = static_cast<KeptCollective&>(record);
    return std::apply([&](auto&... each) { return Entry(lowered(each)..., self.comm->real.bits, real); }, self.arguments);
  }
  static void end_kept(CollectiveRecord& record) {
    auto& self = static_cast<KeptCollective&>(record);
    std::apply([](auto&... each) { (let_go(each), ...); }, self.arguments);
    part_from(self.comm);
    destroy(&self);
  }
};

template <class T>
bool is_user_function(const T&) {
  return false;
}
inline bool is_user_function(const Reduction& r) { return !r.op->predefined; }

/// Writes the operation down. `Entry` is the lower call of the nonblocking collective, `a` its arguments up to the communicator.
template <auto Entry, class... Arguments>
CollectiveRecord* keep_collective(Comm* comm, Arguments... a) {
  auto* record = create<KeptCollective<Entry, Arguments...>>(comm, a...);
  record->calls_user_function = (is_user_function(a) || ...);
  return record;
}
/// Gives the record to the request, which ends it.
void attach_record(Request* r, CollectiveRecord* record);
/// The end of every start: makes the request active and hands it out, or gives up everything on an error, which it returns.
int finish_start(Request* r, int error, std::uint64_t real, Request** request);

/// The body of a nonblocking collective.
template <auto Entry, class... Arguments>
int start_collective(const char* call, Comm* comm, Request** request, Arguments... a) {
  if (!usable(comm)) return mpi::ERR_COMM;
  let_duplicate_finish(comm);
  CollectiveScope scope(comm, call);
  Request* r = new_request(RequestKind::collective);
  std::uint64_t real = 0;
  int error;
  count_operation();
  if (static_cast<std::int32_t>(comm->vid) < 0 || (must_keep(a) || ...)) {
    CollectiveRecord* record = keep_collective<Entry>(comm, a...);
    attach_record(r, record);
    error = record->start(*record, &real);
  } else {
    error = Entry(lowered(a)..., comm->real.bits, &real);
  }
  return finish_start(r, error, real, request);
}

/// A persistent request with this record.
Request* make_persistent(CollectiveRecord* record);

/// The body of a persistent collective. Members may start operations in different orders (MPI 4.1 §6.13), so each has a
/// communicator of its own. It counts as freed: once a member has freed its request nobody can start the operation any
/// more, and a restart needn't remake it.
template <auto Entry, class... Arguments>
int initialize_collective(const char* call, Comm* comm, const Info* info, Request** request, Arguments... a) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (info == nullptr) return mpi::ERR_INFO;
  WrapperScope scope;
  Comm* own = nullptr;
  if (int error = duplicate(comm, call, &own)) return error;
  own->freed = 1;
  own->of_persistent = true;
  *request = make_persistent(keep_collective<Entry>(own, a...));
  release(own);  // the record is its only user
  return 0;
}

/// MPI_Start of an inactive persistent collective.
int start_persistent_collective(Request* r);

/// True while a reduction by a user's function is pending: progress may call it. Call under the InterfaceLock.
bool user_function_pending();

// --- Extents of array arguments

inline int peers_of(const Comm* comm) { return usable(comm) ? comm->peers() : 0; }
inline int members_of(const Comm* comm) { return usable(comm) ? comm->size : 0; }
template <class T>
Array<T> array(const T* values, int count) {
  return {values, count};
}
inline TypeArray array(Datatype* const* types, int count) { return {types, count}; }
/// Significant at the root only (of the other group in an intercommunicator).
inline Array<int> at_root(const int* values, int root, const Comm* comm) {
  bool here = usable(comm) && (comm->inter != 0 ? root == mpi::ROOT : root == comm->rank);
  return {here ? values : nullptr, peers_of(comm)};
}
/// Not significant next to MPI_IN_PLACE.
template <class T>
auto unless_in_place(const void* buffer, T* values, int count) {
  return array(buffer == mpi::IN_PLACE ? nullptr : values, count);
}

}  // namespace mana::upper
