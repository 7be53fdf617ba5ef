// SPDX-License-Identifier: Apache-2.0
// Attributes (MPI 4.1 §7.7): keyvals with their callbacks, and the list of values that an object carries.
#pragma once

#include "upper_half/foreign_callbacks.hpp"
#include "upper_half/objects.hpp"

namespace mana::upper {

struct Keyval : Object {
  Class owner_class = Class::comm;  ///< what it can be attached to: comm, datatype or win
  AnyFunction copy = nullptr;       ///< null = MPI_COMM_NULL_COPY_FN, 1 = MPI_COMM_DUP_FN
  AnyFunction remove = nullptr;     ///< null = MPI_COMM_NULL_DELETE_FN
  void* extra_state = nullptr;
  CopyProxy copy_proxy = nullptr;  ///< of callbacks that aren't C's
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

/// Keyvals of one class of objects, and values under them. All return an internal error code; MPI_ERR_KEYVAL for a keyval of
/// another class. Setting and deleting may run a delete callback: call them outside of a WrapperScope.
int create_keyval(Class owner_class, AnyFunction copy, AnyFunction remove, int* keyval, void* extra_state);
int free_keyval(Class owner_class, int* keyval);
int set_attribute(const Object* owner, Attributes* attributes, int keyval, Class owner_class, void* value);
int get_attribute(Attributes* attributes, int keyval, Class owner_class, void* value, int* flag);
int delete_attribute(const Object* owner, Attributes* attributes, int keyval, Class owner_class);
/// The callbacks of a user keyval, of whatever class, are called by these. False: there is no such keyval.
bool set_keyval_proxies(int keyval, CopyProxy copy, DeleteProxy remove);

/// Sets the values of MPI_TAG_UB, MPI_UNIVERSE_SIZE etc.
void set_predefined_attributes();

}  // namespace mana::upper
