// SPDX-License-Identifier: Apache-2.0
// User functions in Fortran: reduction operations (MPI 4.1 §6.9.5), error handlers (§9.3), generalized requests (§13.2),
// data representations (§14.5.3). Handles come as INTEGERs.
#include "mpi_wrappers/openmpi/mpifh/fortran.hpp"

using namespace mana::fortran;
using mana::upper::AnyFunction;

namespace {

void call_op(AnyFunction, AnyFunction user, void* in, void* inout, int* count, void* handle) {
  int datatype = datatype_out(*static_cast<void**>(handle));
  reinterpret_cast<void (*)(void*, void*, int*, int*)>(user)(in, inout, count, &datatype);
}

template <int (*Out)(void*)>
void call_errhandler(AnyFunction, AnyFunction user, void* handle, int* code) {
  int owner = Out(*static_cast<void**>(handle));
  reinterpret_cast<void (*)(int*, int*)>(user)(&owner, code);
}

template <int (*Out)(void*), class Create>
void create_errhandler(Create create, void* function, int* errhandler, int* ierror) {
  void* made = nullptr;
  int code = create(function, &made);
  if (code == 0) {
    mana_set_errhandler_proxy(made, call_errhandler<Out>);
    *errhandler = errhandler_out(made);
  }
  finish(ierror, code);
}

/// What the C callbacks of a Fortran generalized request get as extra state; freed by the last of them, free_fn (§13.2).
/// The user's functions get the very variable that was given to MPI_Grequest_start, as natively: what they write is seen.
struct GeneralizedRequest {
  void (*query)(std::int64_t* extra_state, int* status, int* ierror);
  void (*free)(std::int64_t* extra_state, int* ierror);
  void (*cancel)(std::int64_t* extra_state, int* complete, int* ierror);
  std::int64_t* extra_state;
};

int query(void* extra_state, AppStatus* status) {
  auto& request = *static_cast<GeneralizedRequest*>(extra_state);
  int error = 0;
  request.query(request.extra_state, reinterpret_cast<int*>(status), &error);
  return error;
}

int free_request(void* extra_state) {
  auto& request = *static_cast<GeneralizedRequest*>(extra_state);
  int error = 0;
  request.free(request.extra_state, &error);
  mana_release(&request);
  return error;
}

int cancel(void* extra_state, int complete) {
  auto& request = *static_cast<GeneralizedRequest*>(extra_state);
  int error = 0;
  request.cancel(request.extra_state, &complete, &error);
  return error;
}

using Conversion = void(void*, int*, int*, void*, std::int64_t*, std::int64_t*, int*);

}  // namespace

extern "C" {

// The names that programs use for MPI_CONVERSION_FN_NULL: its address may be in the program, so never bound to this library's own.
extern Conversion mpi_conversion_fn_null, mpi_conversion_fn_null_, mpi_conversion_fn_null__;

int PMPI_Op_create(void* function, int commute, void** op);
int PMPI_Comm_create_errhandler(void* function, void** errhandler);
int PMPI_Win_create_errhandler(void* function, void** errhandler);
int PMPI_File_create_errhandler(void* function, void** errhandler);
int PMPI_Register_datarep(const char* datarep, void* read, void* write, void* extent, void* extra_state);
int PMPI_Grequest_start(int (*query)(void*, AppStatus*), int (*free)(void*), int (*cancel)(void*, int), void* extra_state, void** request);

static void* conversion_in(void* function) {
  for (Conversion* null : {mpi_conversion_fn_null, mpi_conversion_fn_null_, mpi_conversion_fn_null__})
    if (function == reinterpret_cast<void*>(null)) return nullptr;
  return function;
}

MANA_EXPORT void ompi_op_create_f(void* function, int* commute, int* op, int* ierror) {
  void* made = nullptr;
  int code = PMPI_Op_create(function, *commute != 0, &made);
  if (code == 0) {
    mana_set_op_proxy(made, call_op);
    *op = op_out(made);
  }
  finish(ierror, code);
}
MANA_FORTRAN_NAMES(ompi_op_create_f, mpi_op_create, MPI_OP_CREATE, MPI_Op_create)

#define MANA_ERRHANDLER(name, mixed, lower, upper)                                                 \
  MANA_EXPORT void ompi_##lower##_f(void* function, int* errhandler, int* ierror) {                \
    create_errhandler<name##_out>(PMPI_##mixed##_create_errhandler, function, errhandler, ierror); \
  }
MANA_ERRHANDLER(comm, Comm, comm_create_errhandler, COMM_CREATE_ERRHANDLER)
MANA_ERRHANDLER(win, Win, win_create_errhandler, WIN_CREATE_ERRHANDLER)
MANA_ERRHANDLER(file, File, file_create_errhandler, FILE_CREATE_ERRHANDLER)
MANA_ERRHANDLER(comm, Comm, errhandler_create, ERRHANDLER_CREATE)
MANA_FORTRAN_NAMES(ompi_comm_create_errhandler_f, mpi_comm_create_errhandler, MPI_COMM_CREATE_ERRHANDLER, MPI_Comm_create_errhandler)
MANA_FORTRAN_NAMES(ompi_win_create_errhandler_f, mpi_win_create_errhandler, MPI_WIN_CREATE_ERRHANDLER, MPI_Win_create_errhandler)
MANA_FORTRAN_NAMES(ompi_file_create_errhandler_f, mpi_file_create_errhandler, MPI_FILE_CREATE_ERRHANDLER, MPI_File_create_errhandler)
MANA_FORTRAN_NAMES(ompi_errhandler_create_f, mpi_errhandler_create, MPI_ERRHANDLER_CREATE, MPI_Errhandler_create)

MANA_EXPORT void ompi_grequest_start_f(void* query_fn, void* free_fn, void* cancel_fn, std::int64_t* extra_state, int* request, int* ierror) {
  auto* mine = static_cast<GeneralizedRequest*>(mana_allocate(sizeof(GeneralizedRequest)));
  mine->query = reinterpret_cast<decltype(mine->query)>(query_fn);
  mine->free = reinterpret_cast<decltype(mine->free)>(free_fn);
  mine->cancel = reinterpret_cast<decltype(mine->cancel)>(cancel_fn);
  mine->extra_state = extra_state;
  void* made = nullptr;
  int code = PMPI_Grequest_start(query, free_request, cancel, mine, &made);
  if (code == 0)
    *request = request_out(made);
  else
    mana_release(mine);
  finish(ierror, code);
}
MANA_FORTRAN_NAMES(ompi_grequest_start_f, mpi_grequest_start, MPI_GREQUEST_START, MPI_Grequest_start)

/// MPI_CONVERSION_FN_NULL: only its address is used.
MANA_EXPORT void mana_conversion_fn_null(void*, int*, int*, void*, std::int64_t*, std::int64_t*, int* ierror) { *ierror = 0; }
MANA_FORTRAN_NAME(mana_conversion_fn_null, mpi_conversion_fn_null)
MANA_FORTRAN_NAME(mana_conversion_fn_null, mpi_conversion_fn_null_)
MANA_FORTRAN_NAME(mana_conversion_fn_null, mpi_conversion_fn_null__)

/// No user function is ever called: MPI_File_set_view takes the predefined representations only (upper_half/file.cpp).
MANA_EXPORT void ompi_register_datarep_f(char* datarep, void* read, void* write, void* extent, std::int64_t* extra_state, int* ierror, int length) {
  FortranText name(datarep, length);
  finish(ierror, PMPI_Register_datarep(name.text(), conversion_in(read), conversion_in(write), extent, extra_state));
}
MANA_FORTRAN_NAMES(ompi_register_datarep_f, mpi_register_datarep, MPI_REGISTER_DATAREP, MPI_Register_datarep)

}  // extern "C"
