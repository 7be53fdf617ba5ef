// SPDX-License-Identifier: Apache-2.0
// What Open MPI's C++ bindings (libmpi_cxx.so.40, 4.1) take from libmpi.so.40 beyond MPI, as far as user functions go. Some of
// the bindings' own functions look into Open MPI's objects: ours of the same names come first in the loader's order.
#include "mpi_wrappers/openmpi/abi.hpp"

#include "mpi_wrappers/shell.hpp"
#include "upper_half/op.hpp"

using namespace mana;
using namespace mana::shell;

extern "C" {

int PMPI_Comm_create_errhandler(AnyFunction function, void** errhandler);
int PMPI_Win_create_errhandler(AnyFunction function, void** errhandler);
int PMPI_File_create_errhandler(AnyFunction function, void** errhandler);
int PMPI_Comm_create_keyval(AnyFunction copy, AnyFunction remove, int* keyval, void* extra_state);
int PMPI_Win_create_keyval(AnyFunction copy, AnyFunction remove, int* keyval, void* extra_state);
int PMPI_Type_create_keyval(AnyFunction copy, AnyFunction remove, int* keyval, void* extra_state);
int PMPI_Comm_call_errhandler(void* comm, int code);
int PMPI_File_call_errhandler(void* file, int code);

// The bindings': they make a C++ object of the handle and call the user's function with it.
void ompi_mpi_cxx_comm_errhandler_invoke() __attribute__((weak));
void ompi_mpi_cxx_win_errhandler_invoke() __attribute__((weak));
void ompi_mpi_cxx_file_errhandler_invoke() __attribute__((weak));

}  // extern "C"

namespace {

void call_op(AnyFunction through, AnyFunction user, void* in, void* inout, int* count, void* handle) {
  reinterpret_cast<void (*)(void*, void*, int*, void*, AnyFunction)>(through)(in, inout, count, handle, user);
}

void call_errhandler(AnyFunction through, AnyFunction user, void* handle, int* code) {
  reinterpret_cast<void (*)(void*, int*, const char*, AnyFunction)>(through)(handle, code, "", user);
}

void* create_errhandler(int (*create)(AnyFunction, void**), AnyFunction user, AnyFunction through) {
  void* handle = nullptr;
  if (create(user, &handle) != 0) return nullptr;
  Errhandler* handler = errhandler_in(handle);
  handler->through = through;
  handler->proxy = call_errhandler;
  return handle;
}

}  // namespace

extern "C" {

/// The operation was made with the bindings' own function, which is to be told the user's.
MANA_EXPORT void ompi_op_set_cxx_callback(void* handle, AnyFunction user) {
  Op* op = op_in(handle);
  op->through = op->function;
  op->function = user;
  op->proxy = call_op;
}

#define MANA_CXX_ERRHANDLER(kind, Kind)                                                                       \
  MANA_EXPORT void* ompi_cxx_errhandler_create_##kind(AnyFunction user) {                                     \
    return create_errhandler(PMPI_##Kind##_create_errhandler, user, ompi_mpi_cxx_##kind##_errhandler_invoke); \
  }
MANA_CXX_ERRHANDLER(comm, Comm)
MANA_CXX_ERRHANDLER(win, Win)
MANA_CXX_ERRHANDLER(file, File)

/// The bindings pass C functions of their own; their last two arguments serve Open MPI's bookkeeping.
#define MANA_CXX_KEYVAL(kind, Kind)                                                                                                      \
  MANA_EXPORT int ompi_cxx_attr_create_keyval_##kind(AnyFunction copy, AnyFunction remove, int* keyval, void* extra_state, int, void*) { \
    return PMPI_##Kind##_create_keyval(copy, remove, keyval, extra_state);                                                               \
  }
MANA_CXX_KEYVAL(comm, Comm)
MANA_CXX_KEYVAL(win, Win)
MANA_CXX_KEYVAL(type, Type)

MANA_EXPORT void ompi_cxx_errhandler_invoke_comm(void* comm, int code, const char*) { PMPI_Comm_call_errhandler(comm, code); }
MANA_EXPORT void ompi_cxx_errhandler_invoke_file(void* file, int code, const char*) { PMPI_File_call_errhandler(file, code); }

/// Which class of the bindings a communicator is: 1 intra, 2 inter, 3 cartesian, 4 graph.
MANA_EXPORT int ompi_cxx_comm_get_type(void* handle) {
  Comm* comm = comm_in(handle);
  int topology = mpi::UNDEFINED;
  if (upper::usable(comm)) api::topo_test(comm, &topology);
  if (topology == mpi::GRAPH) return 4;
  if (topology == mpi::CART) return 3;
  return upper::usable(comm) && comm->inter != 0 ? 2 : 1;
}

}  // extern "C"
