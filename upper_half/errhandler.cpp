// SPDX-License-Identifier: Apache-2.0
// Error handlers, MPI 4.1 §9.3: objects, calls, and raise(), where every failing call of a shell ends.
#include "upper_half/errhandler.hpp"

#include <cstdio>
#include <unistd.h>

#include "common/mpi_constants.hpp"
#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/thread.hpp"
#include "upper_half/window.hpp"

namespace mana::upper {
namespace {

void call(const Errhandler& handler, void* owner, int* code) {
  if (handler.proxy != nullptr)
    handler.proxy(handler.through, handler.function, owner, code);
  else
    reinterpret_cast<void (*)(void*, int*, ...)>(handler.function)(owner, code);
}

/// MPI's own handlers, on the terms of the application's MPI.
[[noreturn]] void die(const char* where, int code, const char* function) {
  char text[1024];
  int rank = interface().rank < 0 ? 0 : interface().rank, length;
  if (abi().abi == 2) {
    length = std::snprintf(text, sizeof text,
                           "*** An error occurred in %s\n*** reported by process [rank %d of MPI_COMM_WORLD]\n*** on %s\n"
                           "*** %s: %s\n*** MPI_ERRORS_ARE_FATAL (processes in this communicator will now abort,\n"
                           "***    and potentially your MPI job)\n",
                           function, rank, where, name_of_error(class_of_error(code)), text_of_error(code));
  } else {
    length = std::snprintf(text, sizeof text, "Abort(%d) on node %d (rank %d in comm 0): Fatal error in %s: %s, on %s\n", abi().app_error(code), rank, rank,
                           function, text_of_error(code), where);
  }
  (void)!write(2, text, static_cast<std::size_t>(length) < sizeof text ? length : sizeof text - 1);
  abort_job(code);
}

/// The handler in force where nobody has set or inherited one: MPICH lets MPI_COMM_WORLD's decide, also one set later.
Errhandler* in_force(Errhandler* set) {
  if (set == nullptr && abi().abi == 1) set = comm_world->errhandler;
  return set != nullptr ? set : predefined_errhandler(mpi::ERRORS_ARE_FATAL);
}

/// Errors that no object is to blame for go to MPI_COMM_WORLD's handler.
const Comm& to_blame(const Comm* comm) { return usable(comm) ? *comm : *comm_world; }

}  // namespace

void abort_job(int exit_code) {
  WrapperScope scope;
  if (comm_world->real.bits != 0 && interface().mpi_initialized != 0) lower_call::abort(comm_world->real.bits, exit_code);
  _exit(exit_code == 0 ? 1 : exit_code & 0xff);
}

void release(Errhandler* handler) {
  if (handler == nullptr || !drop_reference(handler)) return;
  errhandler_slots.remove(handler);
  destroy(handler);
}

int replace_handler(Errhandler** owners, Errhandler* handler) {
  if (handler == nullptr || handler->vid == mpi::ERRHANDLER_NULL) return mpi::ERR_ARG;
  WrapperScope scope;
  retain(handler);
  release(*owners);
  *owners = handler;
  return 0;
}

int raise(Comm* comm, int code, const char* function) {
  const Comm& owner = to_blame(comm);
  char where[160] = "a communicator without name";
  if (!owner.name.empty()) std::snprintf(where, sizeof where, "%s%s", abi().abi == 2 ? "communicator " : "", owner.name.c_str());
  return raise_on(&owner, owner.errhandler, where, code, function);
}

int raise(Win* win, int code, const char* function) {
  if (!usable(win)) return raise(comm_world, code, function);
  char where[160];
  std::snprintf(where, sizeof where, "win %s", win->name.empty() ? "without name" : win->name.c_str());
  return raise_on(win, win->errhandler, where, code, function);
}

/// A user's handler may change the code: MPICH returns what it left there, Open MPI the original.
int raise_on(const Object* owner, Errhandler* set, const char* where, int code, const char* function) {
  Errhandler* handler = in_force(set);
  switch (handler->vid) {
    case mpi::ERRORS_RETURN:
    case mpi::ERRORS_THROW_EXCEPTIONS: return code;  // the C++ bindings throw where they see a code
    case mpi::ERRORS_ARE_FATAL:
    case mpi::ERRORS_ABORT:
    case mpi::ERRHANDLER_NULL: die(where, code, function);
    default: break;
  }
  retain(handler);
  std::uint64_t handle = abi().app_handle(owner);
  int app_code = abi().app_error(code);
  call(*handler, &handle, &app_code);
  WrapperScope scope;
  release(handler);
  return abi().abi == 2 ? code : abi().internal_error(app_code);
}

Errhandler* given_out(Errhandler* set) {
  Errhandler* handler = set != nullptr ? set : predefined_errhandler(mpi::ERRORS_ARE_FATAL);
  retain(handler);
  return handler;
}

}  // namespace mana::upper

namespace mana::api {

int comm_create_errhandler(AnyFunction function, Errhandler** errhandler) {
  if (function == nullptr) return mpi::ERR_ARG;
  WrapperScope scope;
  auto* h = create<Errhandler>();
  h->function = function;
  errhandler_slots.put(h);
  *errhandler = h;
  return 0;
}

int comm_set_errhandler(Comm* comm, Errhandler* errhandler) { return usable(comm) ? replace_handler(&comm->errhandler, errhandler) : mpi::ERR_COMM; }

int comm_get_errhandler(Comm* comm, Errhandler** errhandler) {
  if (!usable(comm)) return mpi::ERR_COMM;
  *errhandler = given_out(comm->errhandler);
  return 0;
}

/// A communicator that still uses it keeps it alive, MPI 4.1 §9.3.4.
int errhandler_free(Errhandler** errhandler) {
  if (*errhandler == nullptr || (*errhandler)->vid == mpi::ERRHANDLER_NULL) return mpi::ERR_ARG;
  WrapperScope scope;
  release(*errhandler);
  *errhandler = predefined_errhandler(mpi::ERRHANDLER_NULL);
  return 0;
}

int comm_call_errhandler(Comm* comm, int errorcode) {
  if (!usable(comm)) return mpi::ERR_COMM;
  raise(comm, errorcode, "MPI_Comm_call_errhandler");
  return 0;
}

int errhandler_create(AnyFunction function, Errhandler** errhandler) { return comm_create_errhandler(function, errhandler); }
int errhandler_get(Comm* comm, Errhandler** errhandler) { return comm_get_errhandler(comm, errhandler); }
int errhandler_set(Comm* comm, Errhandler* errhandler) { return comm_set_errhandler(comm, errhandler); }

}  // namespace mana::api
