// SPDX-License-Identifier: Apache-2.0
// The MPI-5 standard ABI (libmpi_abi.so.1, MPI 5.0 §20) as the shells see it: a handle is a pointer whose value is the vid, so
// predefined ones need no translation and nearly no integer does; status layout; <class>_in / <class>_out.
#pragma once

#include <cstring>

#include "gen/abi_values_abi.hpp"
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

/// The last five ints are the implementation's own.
struct AppStatus {
  int source;
  int tag;
  int error;
  int cancelled;
  int bytes[2];
  int unused[2];
};
static_assert(sizeof(AppStatus) == 32);

/// MPI_STATUS_IGNORE and MPI_STATUSES_IGNORE are null pointers.
[[gnu::always_inline]] inline bool ignored(const AppStatus* status) { return status == nullptr; }

/// Writes all fields but `error`, which single completions must leave alone (MPI 5.0 §3.2.5).
[[gnu::always_inline]] inline void store(AppStatus* to, const Status& from) {
  to->source = from.source;
  to->tag = from.tag;
  to->cancelled = from.cancelled;
  std::memcpy(to->bytes, &from.count_bytes, sizeof to->bytes);
}
inline Status load(const AppStatus& from) {
  Status to;
  to.source = from.source;
  to.tag = from.tag;
  to.error = from.error;
  to.cancelled = from.cancelled;
  std::memcpy(&to.count_bytes, from.bytes, sizeof to.count_bytes);
  return to;
}

/// MPI_IN_PLACE and MPI_BOTTOM are the internal ones.
[[gnu::always_inline]] inline void* buffer_in(const void* buffer) { return const_cast<void*>(buffer); }

/// The object of a handle, nullptr if it is none of this class. A predefined object of another class is refused by its value.
[[gnu::always_inline]] inline Object* object_in(void* handle, const upper::SlotTable& users, std::uint32_t first, std::uint32_t last) {
  auto value = reinterpret_cast<std::uintptr_t>(handle);
  if (__builtin_expect(value - first <= last - first, 1)) return upper::predefined_objects[value];
  auto vid = static_cast<std::uint32_t>(value);
  return vid == value && static_cast<std::int32_t>(vid) < 0 ? users.at(vid) : nullptr;
}
[[gnu::always_inline]] inline void* handle_of(const void* object) { return reinterpret_cast<void*>(std::uintptr_t{static_cast<const Object*>(object)->vid}); }

#define MANA_STANDARD_HANDLE(Type, name, first, last)                                                                                                  \
  [[gnu::always_inline]] inline Type* name##_in(void* handle) { return reinterpret_cast<Type*>(object_in(handle, upper::name##_slots, first, last)); } \
  [[gnu::always_inline]] inline void* name##_out(const Type* object) { return handle_of(object); }

// The blocks of values that the standard gives each class (MPI 5.0 §20.3.4).
MANA_STANDARD_HANDLE(Op, op, 0x020, 0x03f)
MANA_STANDARD_HANDLE(Comm, comm, 0x100, 0x107)
MANA_STANDARD_HANDLE(Group, group, 0x108, 0x10f)
MANA_STANDARD_HANDLE(Win, win, 0x110, 0x117)
MANA_STANDARD_HANDLE(File, file, 0x118, 0x11f)
MANA_STANDARD_HANDLE(Session, session, 0x120, 0x127)
MANA_STANDARD_HANDLE(Message, message, 0x128, 0x12f)
MANA_STANDARD_HANDLE(Info, info, 0x130, 0x137)
MANA_STANDARD_HANDLE(Errhandler, errhandler, 0x140, 0x147)
MANA_STANDARD_HANDLE(Request, request, 0x180, 0x187)
MANA_STANDARD_HANDLE(Datatype, datatype, 0x200, 0x2ff)
#undef MANA_STANDARD_HANDLE

/// MPI_UNWEIGHTED and MPI_WEIGHTS_EMPTY are the internal ones.
inline const int* weights_in(const int* weights) { return weights; }

}  // namespace mana::shell
