// SPDX-License-Identifier: Apache-2.0
// Integer handles of the standard ABI (MPI 5.0 §20.3.5): the value of the handle, which is the vid.
#pragma once

namespace mana::shell {

/// An integer that is no handle becomes the NULL handle.
#define MANA_INTEGER_HANDLES(Type, name, NULL_HANDLE)                                                             \
  inline int fortran_##name##_out(const Type* object) {                                                           \
    return static_cast<int>(object == nullptr ? mpi::NULL_HANDLE : reinterpret_cast<const Object*>(object)->vid); \
  }                                                                                                               \
  inline Type* fortran_##name##_in(int handle) {                                                                  \
    Type* object = name##_in(reinterpret_cast<void*>(std::uintptr_t{static_cast<std::uint32_t>(handle)}));        \
    return object != nullptr ? object : reinterpret_cast<Type*>(upper::predefined_objects[mpi::NULL_HANDLE]);     \
  }
MANA_INTEGER_HANDLES(Comm, comm, COMM_NULL)
MANA_INTEGER_HANDLES(Group, group, GROUP_NULL)
MANA_INTEGER_HANDLES(Datatype, datatype, DATATYPE_NULL)
MANA_INTEGER_HANDLES(Op, op, OP_NULL)
MANA_INTEGER_HANDLES(Errhandler, errhandler, ERRHANDLER_NULL)
MANA_INTEGER_HANDLES(Info, info, INFO_NULL)
MANA_INTEGER_HANDLES(Request, request, REQUEST_NULL)
MANA_INTEGER_HANDLES(Message, message, MESSAGE_NULL)
MANA_INTEGER_HANDLES(Win, win, WIN_NULL)
MANA_INTEGER_HANDLES(File, file, FILE_NULL)
MANA_INTEGER_HANDLES(Session, session, SESSION_NULL)
#undef MANA_INTEGER_HANDLES

inline const void* all_tool_handles() { return reinterpret_cast<const void*>(1); }

}  // namespace mana::shell

#include "mpi_wrappers/local_calls.hpp"
#include "mpi_wrappers/tools.hpp"
