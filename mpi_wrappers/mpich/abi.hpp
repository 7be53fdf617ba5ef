// SPDX-License-Identifier: Apache-2.0
// The MPICH ABI (libmpi.so.12) as the shells see it: handles are ints (user objects: the vid itself), files pointers;
// status layout; <class>_in / <class>_out between handles and objects.
#pragma once

#include "gen/abi_values_mpich.hpp"
#include "mpi_wrappers/shell_object.hpp"

namespace mana::shell {

using AppComm = int;
using AppGroup = int;
using AppDatatype = int;
using AppOp = int;
using AppErrhandler = int;
using AppInfo = int;
using AppRequest = int;
using AppMessage = int;
using AppWin = int;
using AppSession = int;
using AppFile = Object*;

struct AppStatus {
  int count_lo;
  int count_hi_and_cancelled;
  int source;
  int tag;
  int error;
};
static_assert(sizeof(AppStatus) == 20);

/// MPI_STATUS_IGNORE and MPI_STATUSES_IGNORE. NULL is no status either: taken the same way.
[[gnu::always_inline]] inline bool ignored(const AppStatus* status) { return reinterpret_cast<std::uintptr_t>(status) <= 1; }

/// Writes all fields but `error`, which single completions must leave alone (MPI 4.1 §3.2.5).
[[gnu::always_inline]] inline void store(AppStatus* to, const Status& from) {
  to->count_lo = static_cast<int>(from.count_bytes);
  to->count_hi_and_cancelled = static_cast<int>(static_cast<std::uint32_t>(from.count_bytes >> 32) << 1 | (from.cancelled != 0));
  to->source = rank_out(from.source);
  to->tag = tag_out(from.tag);
}
inline Status load(const AppStatus& from) {
  Status to;
  to.source = rank_in(from.source);
  to.tag = tag_in(from.tag);
  to.error = error_in(from.error);
  to.cancelled = from.count_hi_and_cancelled & 1;
  to.count_bytes = static_cast<std::int64_t>(static_cast<std::uint32_t>(from.count_hi_and_cancelled) >> 1) << 32 | static_cast<std::uint32_t>(from.count_lo);
  return to;
}

[[gnu::always_inline]] inline void* buffer_in(const void* buffer) {
  if (__builtin_expect(buffer == reinterpret_cast<void*>(-1), 0)) return mpi::IN_PLACE;
  return const_cast<void*>(buffer);
}

[[gnu::always_inline]] inline bool is_user_handle(std::uint32_t handle) { return static_cast<std::int32_t>(handle) < 0; }

/// The int handle of any object.
[[gnu::always_inline]] inline int handle_of(const void* object) {
  std::uint32_t vid = static_cast<const Object*>(object)->vid;
  return static_cast<int>(is_user_handle(vid) ? vid : handle_of_predefined[vid & 1023]);
}

/// Classes whose predefined handles are few: those by switch, users' by slot.
#define MANA_INT_HANDLE(Type, name)                                                                                               \
  [[gnu::always_inline]] inline Type* name##_in(int handle) {                                                                     \
    auto value = static_cast<std::uint32_t>(handle);                                                                              \
    Object* object = is_user_handle(value) ? upper::name##_slots.at(value) : upper::predefined_objects[predefined_##name(value)]; \
    return reinterpret_cast<Type*>(object);                                                                                       \
  }                                                                                                                               \
  [[gnu::always_inline]] inline int name##_out(const Type* object) { return handle_of(object); }

MANA_INT_HANDLE(Comm, comm)
MANA_INT_HANDLE(Group, group)
MANA_INT_HANDLE(Op, op)
MANA_INT_HANDLE(Errhandler, errhandler)
MANA_INT_HANDLE(Info, info)
MANA_INT_HANDLE(Request, request)
MANA_INT_HANDLE(Message, message)
MANA_INT_HANDLE(Win, win)
MANA_INT_HANDLE(Session, session)
#undef MANA_INT_HANDLE

inline std::uint32_t rare_datatype(std::uint32_t handle) {
  if (is_user_handle(handle) && handle - 0x8c000000u < sizeof pair_datatypes / sizeof pair_datatypes[0]) return pair_datatypes[handle - 0x8c000000u];
  return predefined_datatype(handle);
}
[[gnu::always_inline]] inline Datatype* datatype_in(int handle) {
  auto value = static_cast<std::uint32_t>(handle);
  const BuiltinDatatype& builtin = builtin_datatypes[value & 0xff];
  Object* object;
  if (__builtin_expect(builtin.handle == value, 1))
    object = upper::predefined_objects[builtin.vid];
  else if (value >= (0x8c000000u | upper::first_datatype_slot))
    object = upper::datatype_slots.at(value);
  else
    object = upper::predefined_objects[rare_datatype(value)];
  return reinterpret_cast<Datatype*>(object);
}
[[gnu::always_inline]] inline int datatype_out(const Datatype* object) { return handle_of(object); }

/// MPI_FILE_NULL is the null pointer.
inline File* file_in(Object* handle) {
  if (handle == nullptr) return reinterpret_cast<File*>(upper::predefined_objects[mpi::FILE_NULL]);
  return handle->magic == upper::object_magic ? reinterpret_cast<File*>(handle) : nullptr;
}
inline Object* file_out(const File* file) {
  auto* object = reinterpret_cast<Object*>(const_cast<File*>(file));
  return object->vid == mpi::FILE_NULL ? nullptr : object;
}

extern "C" int* const MPI_UNWEIGHTED;
extern "C" int* const MPI_WEIGHTS_EMPTY;
inline const int* weights_in(const int* weights) {
  return weights == MPI_UNWEIGHTED ? mpi::UNWEIGHTED : weights == MPI_WEIGHTS_EMPTY ? mpi::WEIGHTS_EMPTY : weights;
}

}  // namespace mana::shell
