// SPDX-License-Identifier: Apache-2.0
// Attributes (MPI 4.1 §7.7): keyvals with their callbacks, and the list of values that an object carries.
#pragma once

#include "upper_half/foreign_callbacks.hpp"
#include "upper_half/objects.hpp"

namespace mana::upper {

struct Keyval : Object {
  bool for_types = false;
  AnyFunction copy = nullptr;     ///< null = MPI_COMM_NULL_COPY_FN, 1 = MPI_COMM_DUP_FN
  AnyFunction remove = nullptr;   ///< null = MPI_COMM_NULL_DELETE_FN
  void* extra_state = nullptr;
  CopyProxy copy_proxy = nullptr;      ///< of callbacks that aren't C's
  DeleteProxy delete_proxy = nullptr;
};

struct Attribute {
  Keyval* keyval;  ///< referenced
  void* value;
};
using Attributes = Vector<Attribute>;

/// Runs the copy callbacks of `source`, MPI 4.1 §7.7.2, and puts what they want kept into `destination`. User code runs:
/// call outside of a WrapperScope. Returns an internal error code, the callback's own one if that failed.
int copy_attributes(const Object* owner, const Attributes& source, Attributes* destination);
/// Runs the delete callbacks, newest first; stops at the first that fails and returns its code.
int delete_attributes(const Object* owner, Attributes* attributes);

/// The callbacks of a user keyval, of whatever class, are called by these. False: there is no such keyval.
bool set_keyval_proxies(int keyval, CopyProxy copy, DeleteProxy remove);

/// Sets the values of MPI_TAG_UB, MPI_UNIVERSE_SIZE etc.
void set_predefined_attributes();

}  // namespace mana::upper
