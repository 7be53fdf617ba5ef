// SPDX-License-Identifier: Apache-2.0
// Fortran handles of the MPICH ABI: the C ints (mpi.h casts), files by their vid.
#pragma once

namespace mana::shell {

#define MANA_FORTRAN_INTS(Type, name)                                                                       \
  inline int fortran_##name##_out(const Type* object) { return object == nullptr ? 0 : handle_of(object); } \
  inline Type* fortran_##name##_in(int handle) {                                                            \
    Type* object = name##_in(handle);                                                                       \
    return object != nullptr ? object : name##_in(null_##name);                                             \
  }
inline constexpr int null_comm = handle_of_predefined[mpi::COMM_NULL], null_group = handle_of_predefined[mpi::GROUP_NULL],
                     null_datatype = handle_of_predefined[mpi::DATATYPE_NULL], null_op = handle_of_predefined[mpi::OP_NULL],
                     null_errhandler = handle_of_predefined[mpi::ERRHANDLER_NULL], null_info = handle_of_predefined[mpi::INFO_NULL],
                     null_request = handle_of_predefined[mpi::REQUEST_NULL], null_message = handle_of_predefined[mpi::MESSAGE_NULL],
                     null_win = handle_of_predefined[mpi::WIN_NULL], null_session = handle_of_predefined[mpi::SESSION_NULL];
MANA_FORTRAN_INTS(Comm, comm)
MANA_FORTRAN_INTS(Group, group)
MANA_FORTRAN_INTS(Datatype, datatype)
MANA_FORTRAN_INTS(Op, op)
MANA_FORTRAN_INTS(Errhandler, errhandler)
MANA_FORTRAN_INTS(Info, info)
MANA_FORTRAN_INTS(Request, request)
MANA_FORTRAN_INTS(Message, message)
MANA_FORTRAN_INTS(Win, win)
MANA_FORTRAN_INTS(Session, session)
#undef MANA_FORTRAN_INTS

inline int fortran_file_out(const File* file) {
  if (file == nullptr || file_out(file) == nullptr) return 0;
  return static_cast<int>(reinterpret_cast<const Object*>(file)->vid);
}
inline File* fortran_file_in(int handle) {
  Object* object = handle == 0 ? nullptr : upper::file_slots.at(static_cast<std::uint32_t>(handle));
  return reinterpret_cast<File*>(object != nullptr ? object : upper::predefined_objects[mpi::FILE_NULL]);
}

extern "C" void* const MPI_T_PVAR_ALL_HANDLES;
inline const void* all_tool_handles() { return MPI_T_PVAR_ALL_HANDLES; }

}  // namespace mana::shell

#include "mpi_wrappers/local_calls.hpp"
#include "mpi_wrappers/tools.hpp"
