// SPDX-License-Identifier: Apache-2.0
// Attributes from Fortran (MPI 4.1 §7.7, §19.3.7). A keyval made here has Fortran callbacks and keeps the *value* of
// extra_state; the functions of MPI-1 (Keyval_create, Attr_put ...) take INTEGERs where those of MPI-2 take addresses.
#include "mpi_wrappers/openmpi/mpifh/fortran.hpp"

using namespace mana::fortran;
using mana::upper::AnyFunction;
using mana::upper::ValueType;

namespace {

/// Both widths of integer arguments; callbacks run with those that their keyval was made with.
template <class Integer, int (*HandleOut)(void*)>
int copy(AnyFunction user, std::uint64_t handle, int keyval, void* extra_state, ValueType, void* value, void** copied, int* flag) {
  int owner = HandleOut(reinterpret_cast<void*>(handle)), keep = 0, error = 0;
  auto state = static_cast<Integer>(reinterpret_cast<std::intptr_t>(extra_state));
  auto in = static_cast<Integer>(reinterpret_cast<std::intptr_t>(value)), out = in;
  reinterpret_cast<void (*)(int*, int*, Integer*, Integer*, Integer*, int*, int*)>(user)(&owner, &keyval, &state, &in, &out, &keep, &error);
  *flag = keep != 0;
  *copied = reinterpret_cast<void*>(static_cast<std::intptr_t>(out));
  return error;
}

template <class Integer, int (*HandleOut)(void*)>
int remove(AnyFunction user, std::uint64_t handle, int keyval, ValueType, void* value, void* extra_state) {
  int owner = HandleOut(reinterpret_cast<void*>(handle)), error = 0;
  auto state = static_cast<Integer>(reinterpret_cast<std::intptr_t>(extra_state));
  auto old = static_cast<Integer>(reinterpret_cast<std::intptr_t>(value));
  reinterpret_cast<void (*)(int*, int*, Integer*, Integer*, int*)>(user)(&owner, &keyval, &old, &state, &error);
  return error;
}

template <class Integer, int (*HandleOut)(void*), class Create>
void create_keyval(Create create, void* copy_function, void* delete_function, int* keyval, const Integer* extra_state, int* ierror) {
  int code = create(copy_function, delete_function, keyval, reinterpret_cast<void*>(static_cast<std::intptr_t>(*extra_state)));
  if (code == 0) mana_set_keyval_proxies(*keyval, copy<Integer, HandleOut>, remove<Integer, HandleOut>);
  finish(ierror, code);
}

template <class Integer, class Set>
void set_attribute(Set set, void* handle, int keyval, Integer value, int* ierror) {
  void* cell = mana_make_fortran_value(value);
  int code = set(handle, keyval, cell);
  if (code != 0) mana_drop_fortran_value(cell);
  finish(ierror, code);
}

template <class Integer, class Get>
void get_attribute(Get get, void* handle, int keyval, Integer* value, int* flag, int* ierror) {
  void* found = nullptr;
  int code = get(handle, keyval, &found, flag);
  if (code == 0 && *flag != 0) *value = static_cast<Integer>(mana_as_fortran_attribute(keyval, found));
  finish(ierror, code);
}

}  // namespace

#define MANA_ATTRIBUTES(name, Integer, create, CREATE, Create, set, SET, Set, get, GET, Get)                                                  \
  extern "C" int PMPI_##Create(void*, void*, int*, void*);                                                                                    \
  extern "C" int PMPI_##Set(void*, int, void*);                                                                                               \
  extern "C" int PMPI_##Get(void*, int, void*, int*);                                                                                         \
  extern "C" MANA_EXPORT void ompi_##create##_f(void* copy_function, void* delete_function, int* keyval, Integer* extra_state, int* ierror) { \
    create_keyval<Integer, name##_out>(PMPI_##Create, copy_function, delete_function, keyval, extra_state, ierror);                           \
  }                                                                                                                                           \
  extern "C" MANA_EXPORT void ompi_##set##_f(int* handle, int* keyval, Integer* value, int* ierror) {                                         \
    set_attribute(PMPI_##Set, name##_in(*handle), *keyval, *value, ierror);                                                                   \
  }                                                                                                                                           \
  extern "C" MANA_EXPORT void ompi_##get##_f(int* handle, int* keyval, Integer* value, int* flag, int* ierror) {                              \
    get_attribute(PMPI_##Get, name##_in(*handle), *keyval, value, flag, ierror);                                                              \
  }                                                                                                                                           \
  MANA_FORTRAN_NAMES(ompi_##create##_f, mpi_##create, MPI_##CREATE, MPI_##Create)                                                             \
  MANA_FORTRAN_NAMES(ompi_##set##_f, mpi_##set, MPI_##SET, MPI_##Set)                                                                         \
  MANA_FORTRAN_NAMES(ompi_##get##_f, mpi_##get, MPI_##GET, MPI_##Get)
MANA_ATTRIBUTES(comm, std::int64_t, comm_create_keyval, COMM_CREATE_KEYVAL, Comm_create_keyval, comm_set_attr, COMM_SET_ATTR, Comm_set_attr, comm_get_attr,
                COMM_GET_ATTR, Comm_get_attr)
MANA_ATTRIBUTES(datatype, std::int64_t, type_create_keyval, TYPE_CREATE_KEYVAL, Type_create_keyval, type_set_attr, TYPE_SET_ATTR, Type_set_attr, type_get_attr,
                TYPE_GET_ATTR, Type_get_attr)
MANA_ATTRIBUTES(win, std::int64_t, win_create_keyval, WIN_CREATE_KEYVAL, Win_create_keyval, win_set_attr, WIN_SET_ATTR, Win_set_attr, win_get_attr,
                WIN_GET_ATTR, Win_get_attr)
MANA_ATTRIBUTES(comm, int, keyval_create, KEYVAL_CREATE, Keyval_create, attr_put, ATTR_PUT, Attr_put, attr_get, ATTR_GET, Attr_get)

// Predefined callbacks (MPI 4.1 §7.7.2), for both widths: mpi_comm_dup_fn etc. and MPI-1's mpi_dup_fn etc.
#define MANA_PREDEFINED_CALLBACKS(name, lower, UPPER, Integer)                                                                 \
  extern "C" MANA_EXPORT void mana_##name##_null_copy(int*, int*, Integer*, Integer*, Integer*, int* flag, int* ierror) {      \
    *flag = 0;                                                                                                                 \
    *ierror = 0;                                                                                                               \
  }                                                                                                                            \
  extern "C" MANA_EXPORT void mana_##name##_dup(int*, int*, Integer*, Integer* value, Integer* copy, int* flag, int* ierror) { \
    *flag = 1;                                                                                                                 \
    *copy = *value;                                                                                                            \
    *ierror = 0;                                                                                                               \
  }                                                                                                                            \
  extern "C" MANA_EXPORT void mana_##name##_null_delete(int*, int*, Integer*, Integer*, int* ierror) { *ierror = 0; }          \
  MANA_FORTRAN_MANGLINGS(mana_##name##_null_copy, mpi_##lower##null_copy_fn, MPI_##UPPER##NULL_COPY_FN)                        \
  MANA_FORTRAN_MANGLINGS(mana_##name##_dup, mpi_##lower##dup_fn, MPI_##UPPER##DUP_FN)                                          \
  MANA_FORTRAN_MANGLINGS(mana_##name##_null_delete, mpi_##lower##null_delete_fn, MPI_##UPPER##NULL_DELETE_FN)
MANA_PREDEFINED_CALLBACKS(comm, comm_, COMM_, std::int64_t)
MANA_PREDEFINED_CALLBACKS(type, type_, TYPE_, std::int64_t)
MANA_PREDEFINED_CALLBACKS(win, win_, WIN_, std::int64_t)
MANA_PREDEFINED_CALLBACKS(attr, , , int)
