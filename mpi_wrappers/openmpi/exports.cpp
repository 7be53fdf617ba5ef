// SPDX-License-Identifier: Apache-2.0
// What libmpi.so.40 exports besides MPI_ and PMPI_ functions and the predefined objects: sentinel variables, predefined
// callbacks, extensions, and what libmpi_cxx.so.40 takes from Open MPI's inside.
#include "mpi_wrappers/openmpi/abi.hpp"

#include "mpi_wrappers/shell.hpp"

using namespace mana::shell;

extern "C" {

#define MANA_VARIABLE(type, name, ...) \
  MANA_EXPORT extern type name;        \
  constinit type name = __VA_ARGS__;
#define MANA_UNSUPPORTED(name) \
  MANA_EXPORT int name() { mana::shell::not_yet(#name); }

// Fortran's sentinels, for C code that names them; Fortran programs bring COMMON blocks of the same names.
MANA_VARIABLE(int, mpi_fortran_bottom_, 0)
MANA_VARIABLE(int, mpi_fortran_in_place_, 0)
MANA_VARIABLE(int, mpi_fortran_errcodes_ignore_, 0)
MANA_VARIABLE(int, mpi_fortran_unweighted_, 0)
MANA_VARIABLE(int, mpi_fortran_weights_empty_, 0)
MANA_VARIABLE(char, mpi_fortran_argv_null_, 0)
MANA_VARIABLE(char, mpi_fortran_argvs_null_, 0)
MANA_VARIABLE(double, mpi_fortran_status_ignore_, 0)
MANA_VARIABLE(double, mpi_fortran_statuses_ignore_, 0)
MANA_VARIABLE(void*, MPI_F_STATUS_IGNORE, &mpi_fortran_status_ignore_)
MANA_VARIABLE(void*, MPI_F_STATUSES_IGNORE, &mpi_fortran_statuses_ignore_)
MANA_VARIABLE(void*, MPI_F08_STATUS_IGNORE, &mpi_fortran_status_ignore_)
MANA_VARIABLE(void*, MPI_F08_STATUSES_IGNORE, &mpi_fortran_statuses_ignore_)

// Predefined attribute callbacks (MPI 4.1 §7.7.2): handle, keyval, extra state, attribute, copy, flag.
#define MANA_COPIES(kind)                                                                            \
  MANA_EXPORT int OMPI_C_MPI_##kind##NULL_COPY_FN(void*, int, void*, void*, void*, int* flag) {      \
    *flag = 0;                                                                                       \
    return 0;                                                                                        \
  }                                                                                                  \
  MANA_EXPORT int OMPI_C_MPI_##kind##DUP_FN(void*, int, void*, void* value, void* copy, int* flag) { \
    *static_cast<void**>(copy) = value;                                                              \
    *flag = 1;                                                                                       \
    return 0;                                                                                        \
  }                                                                                                  \
  MANA_EXPORT int OMPI_C_MPI_##kind##NULL_DELETE_FN(void*, int, void*, void*) { return 0; }
MANA_COPIES(COMM_)
MANA_COPIES(TYPE_)
MANA_COPIES(WIN_)
MANA_COPIES()
MANA_UNSUPPORTED(MPI_CONVERSION_FN_NULL)

MANA_EXPORT int MPIX_Query_cuda_support() { return 0; }

// The C++ bindings' ways into Open MPI that cxx_bindings.cpp does not take for them: never called.
MANA_UNSUPPORTED(ompi_attr_create_keyval)
MANA_UNSUPPORTED(ompi_errhandler_create)
MANA_UNSUPPORTED(ompi_errhandler_invoke)
MANA_EXPORT void opal_class_initialize(void*) {}

/// Open MPI's object classes, linked lists and error code table, as empty as libmpi_cxx's static initialisation needs them.
struct OpaqueClass {
  alignas(8) unsigned char bytes[64];
};
struct OpaqueArray {
  alignas(8) unsigned char bytes[120];
};
MANA_VARIABLE(int, opal_class_init_epoch, 1)
MANA_VARIABLE(bool, opal_uses_threads, false)
MANA_VARIABLE(OpaqueClass, opal_list_item_t_class, {})
MANA_VARIABLE(OpaqueClass, ompi_registered_datareps, {})
MANA_VARIABLE(OpaqueArray, ompi_errcodes_intern, {})
MANA_VARIABLE(int, ompi_errcode_intern_lastused, 0)

}  // extern "C"
