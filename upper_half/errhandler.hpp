// SPDX-License-Identifier: Apache-2.0
// Error handlers (MPI 4.1 §9.3): the real MPI always returns its errors; who hears of them is decided here.
#pragma once

#include "upper_half/foreign_callbacks.hpp"
#include "upper_half/objects.hpp"

namespace mana::upper {

struct Errhandler : Object {
  AnyFunction function = nullptr;   ///< null for the predefined ones
  ErrhandlerProxy proxy = nullptr;  ///< of a function that isn't C's
  AnyFunction through = nullptr;    ///< for the proxy
};

void release(Errhandler* handler);
Errhandler* predefined_errhandler(std::uint32_t vid);
/// MPI_x_get_errhandler of an owner with this one, which is null as long as none has been set or inherited. Adds a user.
Errhandler* given_out(Errhandler* set);
/// MPI_x_set_errhandler for the handler in an owner. Returns an error class.
int replace_handler(Errhandler** owners, Errhandler* handler);

/// Runs the communicator's error handler for an internal error code; `comm` may be null or invalid: then that of
/// MPI_COMM_WORLD. Returns the code for the application, or doesn't return. Never call it inside a WrapperScope: the handler is user code.
int raise(Comm* comm, int code, const char* function);
/// The same for a file; null: MPI_FILE_NULL, whose handler is the one of calls without a file, and of files opened later
/// (MPI 4.1 §14.7).
int raise(File* file, int code, const char* function);
extern File* const file_null;
/// The same for a session (session.cpp).
int raise(Session* session, int code, const char* function);
/// The same for the handler of any owner, null if none has been set; `where` names it in MPI's own words of farewell.
int raise_on(const Object* owner, Errhandler* handler, const char* where, int code, const char* function);
/// Likewise the window's; an invalid one gives way to MPI_COMM_WORLD.
int raise(Win* win, int code, const char* function);

/// Ends the job through the real MPI_Abort.
[[noreturn]] void abort_job(int exit_code);

/// Class, text and name of an internal code; see error_codes.cpp.
int class_of_error(int code);
const char* text_of_error(int code);
const char* name_of_error(int code);
/// Highest class or code in use: the attribute MPI_LASTUSEDCODE.
int last_used_code();

}  // namespace mana::upper
