// SPDX-License-Identifier: Apache-2.0
// What MPICH's own Fortran and C++ libraries (libmpichfort.so.12, libmpichcxx.so.12) take from libmpi.so.12 beyond MPI: they
// run unmodified on top of us. Signatures as in MPICH 4.0: attribute types are 0 pointer, 1 address-sized, 3 INTEGER.
#include "mpi_wrappers/mpich/abi.hpp"

#include "mpi_wrappers/shell.hpp"
#include "upper_half/attribute.hpp"
#include "upper_half/fortran_value.hpp"
#include "upper_half/generalized.hpp"
#include "upper_half/op.hpp"

using namespace mana;
using namespace mana::shell;

namespace {

constexpr int pointer_type = 0;

/// Keyvals of predefined attributes differ by language: C's is odd, Fortran's the next.
int as_c_keyval(int keyval) {
  auto value = static_cast<std::uint32_t>(keyval);
  return value >> 30 == 1 && value % 2 == 0 ? keyval - 1 : keyval;
}

/// Gets as C does, gives what the language wants: a pointer, or an integer.
template <class Get>
int get_attribute(Get get, int handle, int keyval, void* result, int* flag, int type) {
  void* value = nullptr;
  keyval = as_c_keyval(keyval);
  int code = get(handle, keyval, &value, flag);
  if (code != 0 || *flag == 0) return code;
  std::int64_t integer =
      type == pointer_type ? reinterpret_cast<std::intptr_t>(value) : upper::as_fortran_attribute(comm_keyval_in(win_keyval_in(keyval)), value);
  std::memcpy(result, &integer, sizeof integer);
  return 0;
}

template <class Set>
int set_attribute(Set set, int handle, int keyval, void* value, int type) {
  if (type == pointer_type) return set(handle, keyval, value);
  void* cell = upper::make_fortran_value(reinterpret_cast<std::intptr_t>(value));
  int code = set(handle, keyval, cell);
  if (code != 0) upper::drop_fortran_value(cell);
  return code;
}

/// The C++ bindings' function that calls a user operation: in, inout, length, datatype, user function.
void call_cxx_op(AnyFunction through, AnyFunction user, void* in, void* inout, int* count, void* handle) {
  reinterpret_cast<void (*)(const void*, void*, int, int, AnyFunction)>(through)(in, inout, *count, *static_cast<int*>(handle), user);
}

/// The C++ bindings' function that calls a user error handler; its first argument tells the kind of the handle. No code is
/// left for them: they would call the handler a second time.
void call_cxx_errhandler(AnyFunction through, AnyFunction user, void* handle, int* code) {
  enum { communicator, file, window } kind = communicator;
  auto bits = *static_cast<std::uint64_t*>(handle);
  if (bits > UINT32_MAX || bits == 0)  // MPI_FILE_NULL is 0
    kind = file;
  else if ((bits >> 26 & 15) == static_cast<std::uint32_t>(upper::Class::win))
    kind = window;
  reinterpret_cast<void (*)(int, void*, int*, AnyFunction)>(through)(kind, handle, code, user);
  *code = 0;
}

}  // namespace

extern "C" {

#define MANA_ATTRIBUTES(Class)                                                                         \
  int PMPI_##Class##_get_attr(int, int, void*, int*);                                                  \
  int PMPI_##Class##_set_attr(int, int, void*);                                                        \
  MANA_EXPORT int MPII_##Class##_get_attr(int handle, int keyval, void* result, int* flag, int type) { \
    return get_attribute(PMPI_##Class##_get_attr, handle, keyval, result, flag, type);                 \
  }                                                                                                    \
  MANA_EXPORT int MPII_##Class##_set_attr(int handle, int keyval, void* value, int type) {             \
    return set_attribute(PMPI_##Class##_set_attr, handle, keyval, value, type);                        \
  }
MANA_ATTRIBUTES(Comm)
MANA_ATTRIBUTES(Type)
MANA_ATTRIBUTES(Win)

MANA_EXPORT void MPII_Keyval_set_proxy(int keyval, upper::CopyProxy copy, upper::DeleteProxy remove) { upper::set_keyval_proxies(keyval, copy, remove); }

MANA_EXPORT void MPII_Op_set_cxx(int handle, AnyFunction through) {
  Op* op = op_in(handle);
  if (op == nullptr || op->predefined) return;
  op->through = through;
  op->proxy = call_cxx_op;
}

MANA_EXPORT void MPII_Errhandler_set_cxx(int handle, AnyFunction through) {
  Errhandler* handler = errhandler_in(handle);
  if (handler == nullptr || handler->function == nullptr) return;
  handler->through = through;
  handler->proxy = call_cxx_errhandler;
}

/// A generalized request whose callbacks are Fortran's.
MANA_EXPORT void MPII_Grequest_set_lang_f77(int handle) {
  Request* r = request_in(handle);
  if (r != nullptr && r->is(upper::special::generalized)) upper::have_fortran_callbacks(r);
}

}  // extern "C"
