// SPDX-License-Identifier: Apache-2.0
// What libmpi.so.12 exports besides MPI_ and PMPI_ functions: sentinel variables, the predefined attribute copy function,
// extensions. What the language libraries need: languages.cpp.
#include "mpi_wrappers/mpich/abi.hpp"

#include "mpi_wrappers/shell.hpp"

using namespace mana::shell;

extern "C" {

// Programs load the contents of the first two: any unique address will do (MPICH's own layout: pointers to variables).
#define MANA_VARIABLE(type, name, ...) \
  MANA_EXPORT extern type name;        \
  constinit type name = __VA_ARGS__;
MANA_VARIABLE(int, MPIR_F08_MPI_IN_PLACE, 0)
MANA_VARIABLE(int, MPIR_F08_MPI_BOTTOM, 0)
MANA_VARIABLE(AppStatus, MPIR_F08_MPI_STATUS_IGNORE_OBJ, {})
MANA_VARIABLE(AppStatus, MPIR_F08_MPI_STATUSES_IGNORE_OBJ, {})
static int unweighted, weights_empty;
MANA_VARIABLE(int* const, MPI_UNWEIGHTED, &unweighted)
MANA_VARIABLE(int* const, MPI_WEIGHTS_EMPTY, &weights_empty)
MANA_VARIABLE(int*, MPIR_C_MPI_UNWEIGHTED, &unweighted)
MANA_VARIABLE(int*, MPIR_C_MPI_WEIGHTS_EMPTY, &weights_empty)
MANA_VARIABLE(int*, MPI_F_STATUS_IGNORE, nullptr)
MANA_VARIABLE(int*, MPI_F_STATUSES_IGNORE, nullptr)
MANA_VARIABLE(AppStatus*, MPI_F08_STATUS_IGNORE, &MPIR_F08_MPI_STATUS_IGNORE_OBJ)
MANA_VARIABLE(AppStatus*, MPI_F08_STATUSES_IGNORE, &MPIR_F08_MPI_STATUSES_IGNORE_OBJ)
MANA_VARIABLE(void* const, MPI_T_PVAR_ALL_HANDLES, const_cast<int*>(&unweighted))

/// MPI_COMM_DUP_FN, MPI_TYPE_DUP_FN, MPI_WIN_DUP_FN and MPI_DUP_FN: copies the attribute (MPI 4.1 §7.7.2).
MANA_EXPORT int MPIR_Dup_fn(int, int, void*, void* value, void* copy, int* flag) {
  *static_cast<void**>(copy) = value;
  *flag = 1;
  return 0;
}

MANA_EXPORT int PMPIX_Query_cuda_support() { return 0; }
MANA_EXPORT int PMPIX_Query_ze_support() { return 0; }
MANA_EXPORT int PMPIX_Query_hip_support() { return 0; }
MANA_EXPORT int PMPIX_GPU_query_support(int, int* is_supported) { return *is_supported = 0; }

#define MANA_UNSUPPORTED(name) \
  MANA_EXPORT int name() { mana::shell::not_yet(#name); }
#define MANA_UNSUPPORTED_EXTENSION(name) \
  MANA_UNSUPPORTED(P##name)              \
  MANA_EXPORT decltype(P##name) name __attribute__((weak, alias("P" #name)));
#define MANA_EXTENSION_ALIAS(name) MANA_EXPORT decltype(P##name) name __attribute__((weak, alias("P" #name)));
MANA_EXTENSION_ALIAS(MPIX_Query_cuda_support)
MANA_EXTENSION_ALIAS(MPIX_Query_ze_support)
MANA_EXTENSION_ALIAS(MPIX_Query_hip_support)
MANA_EXTENSION_ALIAS(MPIX_GPU_query_support)
MANA_UNSUPPORTED_EXTENSION(MPIX_Comm_agree)
MANA_UNSUPPORTED_EXTENSION(MPIX_Comm_failure_ack)
MANA_UNSUPPORTED_EXTENSION(MPIX_Comm_failure_get_acked)
MANA_UNSUPPORTED_EXTENSION(MPIX_Comm_revoke)
MANA_UNSUPPORTED_EXTENSION(MPIX_Comm_shrink)
MANA_UNSUPPORTED_EXTENSION(MPIX_Delete_error_class)
MANA_UNSUPPORTED_EXTENSION(MPIX_Delete_error_code)
MANA_UNSUPPORTED_EXTENSION(MPIX_Delete_error_string)
MANA_UNSUPPORTED_EXTENSION(MPIX_Grequest_class_allocate)
MANA_UNSUPPORTED_EXTENSION(MPIX_Grequest_class_create)
MANA_UNSUPPORTED_EXTENSION(MPIX_Grequest_start)

}  // extern "C"
