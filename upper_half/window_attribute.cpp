// SPDX-License-Identifier: Apache-2.0
// Attributes (MPI 4.1 §7.7.3, §12.2.6) and error handlers (§9.3.2) of windows.
#include "gen/upper_api.hpp"
#include "upper_half/errhandler.hpp"
#include "upper_half/thread.hpp"
#include "upper_half/window.hpp"

namespace mana::upper {
namespace {

bool is_predefined(int keyval) { return keyval >= mpi::WIN_BASE && keyval <= mpi::WIN_MODEL; }

/// C gets the base itself, and pointers to all other values.
void* predefined_value(Win& win, int keyval) {
  switch (keyval) {
    case mpi::WIN_BASE: return win.base;
    case mpi::WIN_SIZE: return &win.size;
    case mpi::WIN_DISP_UNIT: return &win.disp_unit;
    case mpi::WIN_CREATE_FLAVOR: return &win.app_flavor;
    default: return &win.app_model;
  }
}

}  // namespace
}  // namespace mana::upper

namespace mana::api {

int win_create_keyval(AnyFunction copy, AnyFunction remove, int* keyval, void* extra_state) {
  return create_keyval(Class::win, copy, remove, keyval, extra_state);
}

int win_free_keyval(int* keyval) { return free_keyval(Class::win, keyval); }

int win_set_attr(Win* win, int keyval, void* value) {
  if (!usable(win)) return mpi::ERR_WIN;
  return set_attribute(win, &win->attributes, keyval, Class::win, value);
}

int win_get_attr(Win* win, int keyval, void* value, int* flag) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (is_predefined(keyval)) {
    *flag = 1;
    *static_cast<void**>(value) = predefined_value(*win, keyval);
    return 0;
  }
  WrapperScope scope;
  return get_attribute(&win->attributes, keyval, Class::win, value, flag);
}

int win_delete_attr(Win* win, int keyval) {
  if (!usable(win)) return mpi::ERR_WIN;
  return delete_attribute(win, &win->attributes, keyval, Class::win);
}

int win_create_errhandler(AnyFunction function, Errhandler** errhandler) { return comm_create_errhandler(function, errhandler); }

int win_set_errhandler(Win* win, Errhandler* errhandler) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (errhandler == nullptr || errhandler->vid == mpi::ERRHANDLER_NULL) return mpi::ERR_ARG;
  WrapperScope scope;
  retain(errhandler);
  release(win->errhandler);
  win->errhandler = errhandler;
  return 0;
}

int win_get_errhandler(Win* win, Errhandler** errhandler) {
  if (!usable(win)) return mpi::ERR_WIN;
  *errhandler = given_out(win->errhandler);
  return 0;
}

int win_call_errhandler(Win* win, int errorcode) {
  if (!usable(win)) return mpi::ERR_WIN;
  raise(win, errorcode, "MPI_Win_call_errhandler");
  return 0;
}

}  // namespace mana::api
