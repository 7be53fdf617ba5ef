// SPDX-License-Identifier: Apache-2.0
// The Open MPI ABI (libmpi.so.40) as the shells see it: handles are pointers, to our object or to an exported predefined
// symbol; both begin with {magic, vid}. Status layout; <class>_in / <class>_out between handles and objects.
#pragma once

#include "gen/abi_values_openmpi.hpp"
#include "mpi_wrappers/shell_object.hpp"

namespace mana::shell {

using AppComm = void*;
using AppGroup = void*;
using AppDatatype = void*;
using AppOp = void*;
using AppErrhandler = void*;
using AppInfo = void*;
using AppRequest = void*;
using AppMessage = void*;
using AppWin = void*;
using AppSession = void*;
using AppFile = void*;

struct AppStatus {
  int source;
  int tag;
  int error;
  int cancelled;
  std::size_t bytes;
};
static_assert(sizeof(AppStatus) == 24);

/// MPI_STATUS_IGNORE and MPI_STATUSES_IGNORE are null pointers.
[[gnu::always_inline]] inline bool ignored(const AppStatus* status) { return status == nullptr; }

/// Writes all fields but `error`, which single completions must leave alone (MPI 4.1 §3.2.5).
[[gnu::always_inline]] inline void store(AppStatus* to, const Status& from) {
  to->source = rank_out(from.source);
  to->tag = tag_out(from.tag);
  to->cancelled = from.cancelled;
  to->bytes = static_cast<std::size_t>(from.count_bytes);
}
inline Status load(const AppStatus& from) {
  Status to;
  to.source = rank_in(from.source);
  to.tag = tag_in(from.tag);
  to.error = error_in(from.error);
  to.cancelled = from.cancelled;
  to.count_bytes = static_cast<std::int64_t>(from.bytes);
  return to;
}

/// MPI_IN_PLACE and MPI_BOTTOM have the standard's values.
[[gnu::always_inline]] inline void* buffer_in(const void* buffer) { return const_cast<void*>(buffer); }

/// The object of a handle, nullptr if it is none of ours. Requests without a vid are users'.
template <class T>
[[gnu::always_inline]] inline T* object_in(void* handle) {
  auto* object = static_cast<Object*>(handle);
  if (__builtin_expect(object == nullptr || object->magic != upper::object_magic, 0)) return nullptr;
  if (object->vid - 1 < 1023) object = upper::predefined_objects[object->vid];
  return reinterpret_cast<T*>(object);
}
[[gnu::always_inline]] inline void* handle_of(const void* object) {
  std::uint32_t vid = static_cast<const Object*>(object)->vid;
  return __builtin_expect(vid - 1 < 1023, 0) ? handle_of_predefined[vid] : const_cast<void*>(object);
}

#define MANA_POINTER_HANDLE(Type, name)                                                           \
  [[gnu::always_inline]] inline Type* name##_in(void* handle) { return object_in<Type>(handle); } \
  [[gnu::always_inline]] inline void* name##_out(const Type* object) { return handle_of(object); }

MANA_POINTER_HANDLE(Comm, comm)
MANA_POINTER_HANDLE(Group, group)
MANA_POINTER_HANDLE(Datatype, datatype)
MANA_POINTER_HANDLE(Op, op)
MANA_POINTER_HANDLE(Errhandler, errhandler)
MANA_POINTER_HANDLE(Info, info)
MANA_POINTER_HANDLE(Request, request)
MANA_POINTER_HANDLE(Message, message)
MANA_POINTER_HANDLE(Win, win)
MANA_POINTER_HANDLE(Session, session)
MANA_POINTER_HANDLE(File, file)
#undef MANA_POINTER_HANDLE

/// MPI_UNWEIGHTED and MPI_WEIGHTS_EMPTY.
inline const int* weights_in(const int* weights) {
  switch (reinterpret_cast<std::uintptr_t>(weights)) {
    case 2: return mpi::UNWEIGHTED;
    case 3: return mpi::WEIGHTS_EMPTY;
    default: return weights;
  }
}

}  // namespace mana::shell
