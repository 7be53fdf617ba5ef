// SPDX-License-Identifier: Apache-2.0
// MPI functions that need neither body nor lower half: addresses, fields of a status, handles to and from Fortran.
// Compiled once for each ABI, after its abi.hpp and shell.hpp; `to_fortran` and `from_fortran` are the ABI's.
#pragma once

namespace mana::shell {

/// Integers of MPI_Type_get_contents that are enumerations: order and distributions (MPI 4.1 §5.1.13).
inline void contents_out(Datatype* datatype, int max_integers, int* integers) {
  int count = 0, addresses = 0, types = 0, combiner = 0;
  if (api::type_get_envelope(datatype, &count, &addresses, &types, &combiner) != 0 || count > max_integers || count < 4) return;
  if (combiner != mpi::COMBINER_SUBARRAY && combiner != mpi::COMBINER_DARRAY) return;
  integers[count - 1] = order_out(integers[count - 1]);
  if (combiner == mpi::COMBINER_SUBARRAY) return;
  int dimensions = integers[2];
  for (int i = 0; i < dimensions; ++i) {
    int& distribution = integers[3 + dimensions + i];
    int& argument = integers[3 + 2 * dimensions + i];
    distribution = distribution_out(distribution);
    argument = distribution_argument_out(argument);
  }
}

/// Predefined attributes whose values are ranks (MPI 4.1 §9.1.2): points the application at its ABI's value.
inline void attribute_out(int keyval, void* attribute) {
  static int host, io;
  if (keyval != mpi::HOST && keyval != mpi::IO) return;
  auto** value = static_cast<int**>(attribute);
  int& mine = keyval == mpi::HOST ? host : io;
  mine = rank_out(**value);
  *value = &mine;
}

namespace local {

inline std::int64_t aint_add(std::int64_t base, std::int64_t displacement) { return base + displacement; }
inline std::int64_t aint_diff(std::int64_t first, std::int64_t second) { return first - second; }

inline int get_address(const void* location, std::int64_t* address) {
  if (address == nullptr) return fail(nullptr, mpi::ERR_ARG, "MPI_Get_address");
  *address = reinterpret_cast<std::intptr_t>(location);
  return 0;
}
inline int address(void* location, std::int64_t* result) { return get_address(location, result); }

/// No process has been spawned by another: dynamic processes are not supported yet.
inline int comm_get_parent(AppComm* parent) {
  if (parent == nullptr) return fail(nullptr, mpi::ERR_ARG, "MPI_Comm_get_parent");
  *parent = comm_out(upper::comm_null);
  return 0;
}

inline int status_get_source(const AppStatus* status, int* source) { return *source = status->source, 0; }
inline int status_get_tag(const AppStatus* status, int* tag) { return *tag = status->tag, 0; }
inline int status_get_error(const AppStatus* status, int* error) { return *error = status->error, 0; }
inline int status_set_source(AppStatus* status, int source) { return status->source = source, 0; }
inline int status_set_tag(AppStatus* status, int tag) { return status->tag = tag, 0; }
inline int status_set_error(AppStatus* status, int error) { return status->error = error, 0; }

/// A Fortran status is the C one as an array of INTEGER.
inline int status_c2f(const AppStatus* c, int* fortran) {
  if (ignored(c)) return fail(nullptr, mpi::ERR_ARG, "MPI_Status_c2f");
  std::memcpy(fortran, c, sizeof *c);
  return 0;
}
inline int status_f2c(const int* fortran, AppStatus* c) {
  if (ignored(c) || fortran == nullptr) return fail(nullptr, mpi::ERR_ARG, "MPI_Status_f2c");
  std::memcpy(c, fortran, sizeof *c);
  return 0;
}

/// So is one of the mpi_f08 module, as TYPE(MPI_Status).
inline int status_c2f08(const AppStatus* c, int* f08) { return status_c2f(c, f08); }
inline int status_f082c(const int* f08, AppStatus* c) { return status_f2c(f08, c); }

/// The integer of MPI-5's toint and fromint is Fortran's.
#define MANA_FORTRAN_HANDLE(Type, function, name)                                                 \
  inline int function##_c2f(App##Type handle) { return fortran_##name##_out(name##_in(handle)); } \
  inline App##Type function##_f2c(int handle) { return name##_out(fortran_##name##_in(handle)); } \
  inline int function##_toint(App##Type handle) { return function##_c2f(handle); }                \
  inline App##Type function##_fromint(int handle) { return function##_f2c(handle); }
MANA_FORTRAN_HANDLE(Comm, comm, comm)
MANA_FORTRAN_HANDLE(Group, group, group)
MANA_FORTRAN_HANDLE(Datatype, type, datatype)
MANA_FORTRAN_HANDLE(Op, op, op)
MANA_FORTRAN_HANDLE(Errhandler, errhandler, errhandler)
MANA_FORTRAN_HANDLE(Info, info, info)
MANA_FORTRAN_HANDLE(Request, request, request)
MANA_FORTRAN_HANDLE(Message, message, message)
MANA_FORTRAN_HANDLE(Win, win, win)
MANA_FORTRAN_HANDLE(File, file, file)
MANA_FORTRAN_HANDLE(Session, session, session)
#undef MANA_FORTRAN_HANDLE

}  // namespace local
}  // namespace mana::shell
