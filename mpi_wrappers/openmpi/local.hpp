// SPDX-License-Identifier: Apache-2.0
// Fortran handles of the Open MPI ABI: fixed small indices for predefined objects, the (negative) vid for users'.
#pragma once

namespace mana::shell {

/// Requests and messages get a vid when Fortran first sees them.
[[gnu::cold, gnu::noinline]] inline void give_vid(upper::SlotTable& users, Object* object) {
  upper::WrapperScope scope;
  users.put(object);
}

template <std::size_t N>
inline int fortran_out(const std::uint32_t (&indices)[N], upper::SlotTable& users, const void* object) {
  if (object == nullptr) return -1;
  auto* found = static_cast<Object*>(const_cast<void*>(object));
  if (found->vid == 0) give_vid(users, found);
  std::uint32_t vid = found->vid;
  for (std::size_t i = 0; vid < 1024 && i < N; ++i)
    if (indices[i] == vid) return static_cast<int>(i);
  return static_cast<int>(vid);
}

/// An invalid Fortran handle becomes the NULL handle, as Open MPI does.
template <std::size_t N>
inline void* fortran_in(const std::uint32_t (&indices)[N], const upper::SlotTable& users, int handle, std::uint32_t null) {
  Object* object = nullptr;
  if (handle < 0)
    object = users.at(static_cast<std::uint32_t>(handle));
  else if (static_cast<std::size_t>(handle) < N)
    object = upper::predefined_objects[indices[handle]];
  return object != nullptr ? object : upper::predefined_objects[null];
}

#define MANA_FORTRAN_INDICES(Type, name, NULL_HANDLE)                                                                      \
  inline int fortran_##name##_out(const Type* object) { return fortran_out(fortran_##name, upper::name##_slots, object); } \
  inline Type* fortran_##name##_in(int handle) { return static_cast<Type*>(fortran_in(fortran_##name, upper::name##_slots, handle, mpi::NULL_HANDLE)); }
MANA_FORTRAN_INDICES(Comm, comm, COMM_NULL)
MANA_FORTRAN_INDICES(Group, group, GROUP_NULL)
MANA_FORTRAN_INDICES(Datatype, datatype, DATATYPE_NULL)
MANA_FORTRAN_INDICES(Op, op, OP_NULL)
MANA_FORTRAN_INDICES(Errhandler, errhandler, ERRHANDLER_NULL)
MANA_FORTRAN_INDICES(Info, info, INFO_NULL)
MANA_FORTRAN_INDICES(Request, request, REQUEST_NULL)
MANA_FORTRAN_INDICES(Message, message, MESSAGE_NULL)
MANA_FORTRAN_INDICES(Win, win, WIN_NULL)
MANA_FORTRAN_INDICES(Session, session, SESSION_NULL)
MANA_FORTRAN_INDICES(File, file, FILE_NULL)
#undef MANA_FORTRAN_INDICES

inline const void* all_tool_handles() { return reinterpret_cast<const void*>(-1); }

}  // namespace mana::shell

#include "mpi_wrappers/local_calls.hpp"
#include "mpi_wrappers/tools.hpp"
