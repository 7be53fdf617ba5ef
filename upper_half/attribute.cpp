// SPDX-License-Identifier: Apache-2.0
// Attribute caching, MPI 4.1 §7.7, and the predefined attributes of §9.1.2. Nothing of it is in the real MPI.
#include "upper_half/attribute.hpp"

#include <algorithm>

#include "common/mpi_constants.hpp"
#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/errhandler.hpp"
#include "upper_half/fortran_value.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {

extern SlotTable keyval_slots;

namespace {

using CopyFunction = int (*)(std::uint64_t, int, void*, void*, void*, int*);
using DeleteFunction = int (*)(std::uint64_t, int, void*, void*);

/// MPI_COMM_DUP_FN in the standard ABI.
bool is_dup(AnyFunction f) { return reinterpret_cast<std::uintptr_t>(f) == 1; }

void release(Keyval* keyval) {
  if (!drop_reference(keyval)) return;
  keyval_slots.remove(keyval);
  destroy(keyval);
}

Keyval* keyval_at(int keyval, Class owner_class) {
  auto vid = static_cast<std::uint32_t>(keyval);
  if ((vid >> 26) != (0x20U | static_cast<std::uint32_t>(Class::keyval))) return nullptr;
  auto* k = static_cast<Keyval*>(keyval_slots.at(vid));
  return k != nullptr && k->owner_class == owner_class ? k : nullptr;
}

Attribute* find(Attributes& attributes, const Keyval* keyval) {
  for (Attribute& a : attributes)
    if (a.keyval == keyval) return &a;
  return nullptr;
}

/// Calls the copy callback; values that Fortran has set stay integers.
int run_copy(const Object* owner, const Attribute& a, void** value, int* keep) {
  std::uint64_t handle = abi().app_handle(owner);
  int keyval = static_cast<int>(a.keyval->vid), code = 0;
  bool integer = is_fortran_value(a.value);
  if (is_dup(a.keyval->copy)) {
    *keep = 1;
  } else if (a.keyval->copy_proxy != nullptr) {
    void* old = reinterpret_cast<void*>(as_fortran_value(a.value));
    *value = old;
    code = a.keyval->copy_proxy(a.keyval->copy, handle, keyval, a.keyval->extra_state, integer ? ValueType::integer : ValueType::pointer, old, value, keep);
  } else {
    code = reinterpret_cast<CopyFunction>(a.keyval->copy)(handle, keyval, a.keyval->extra_state, a.value, value, keep);
  }
  if (!integer || code != 0 || *keep == 0) return code;
  if (a.keyval->copy_proxy != nullptr)
    *value = make_fortran_value(reinterpret_cast<std::intptr_t>(*value));
  else if (*value == a.value)
    *value = make_fortran_value(as_fortran_value(a.value));
  return 0;
}

int call_delete(const Object* owner, const Attribute& a) {
  const Keyval& k = *a.keyval;
  if (k.remove == nullptr || is_dup(k.remove)) return 0;
  std::uint64_t handle = abi().app_handle(owner);
  if (k.delete_proxy == nullptr) return reinterpret_cast<DeleteFunction>(k.remove)(handle, static_cast<int>(k.vid), a.value, k.extra_state);
  ValueType type = is_fortran_value(a.value) ? ValueType::integer : ValueType::pointer;
  return k.delete_proxy(k.remove, handle, static_cast<int>(k.vid), type, reinterpret_cast<void*>(as_fortran_value(a.value)), k.extra_state);
}

int run_delete(const Object* owner, const Attribute& a) {
  int code = call_delete(owner, a);
  if (code == 0) drop_fortran_value(a.value);
  return code == 0 ? 0 : abi().internal_error(code);
}

/// Values of the predefined attributes: C gets a pointer to them, or to a copy if they are ranks (the shell translates them).
struct {
  int tag_ub, host, io, wtime_is_global, universe_size, appnum, last_used_code;
  bool has_universe_size, has_appnum, asked_universe_size;
} predefined_values;

bool real_attribute(int keyval, int* out) {
  int* value = nullptr;
  int flag = 0;
  if (lower_call::comm_get_attr(comm_world->real.bits, keyval, &value, &flag) != 0 || flag == 0) return false;
  *out = *value;
  return true;
}

/// Asked for at its first use: without a launcher MPICH starts mpiexec to answer.
bool has_universe_size() {
  WrapperScope scope;
  if (!predefined_values.asked_universe_size) {
    predefined_values.has_universe_size = real_attribute(mpi::UNIVERSE_SIZE, &predefined_values.universe_size);
    predefined_values.asked_universe_size = true;
  }
  return predefined_values.has_universe_size;
}

bool predefined_attribute(int keyval, void* value, int* flag) {
  int* source = nullptr;
  bool present = true;
  switch (keyval) {
    case mpi::TAG_UB: source = &predefined_values.tag_ub; break;
    case mpi::HOST: source = &predefined_values.host; break;
    case mpi::IO: source = &predefined_values.io; break;
    case mpi::WTIME_IS_GLOBAL: source = &predefined_values.wtime_is_global; break;
    case mpi::UNIVERSE_SIZE:
      source = &predefined_values.universe_size;
      present = has_universe_size();
      break;
    case mpi::APPNUM:
      source = &predefined_values.appnum;
      present = predefined_values.has_appnum;
      break;
    case mpi::LASTUSEDCODE:
      predefined_values.last_used_code = abi().app_error(last_used_code());
      source = &predefined_values.last_used_code;
      break;
    default: return false;
  }
  *flag = present;
  if (present) *static_cast<int**>(value) = source;
  return true;
}

bool is_predefined(int keyval) { return keyval >= mpi::TAG_UB && keyval <= mpi::UNIVERSE_SIZE; }

}  // namespace

int create_keyval(Class owner_class, AnyFunction copy, AnyFunction remove, int* keyval, void* extra_state) {
  WrapperScope scope;
  auto* k = create<Keyval>();
  k->owner_class = owner_class;
  k->copy = copy;
  k->remove = remove;
  k->extra_state = extra_state;
  keyval_slots.put(k);
  *keyval = static_cast<int>(k->vid);
  return 0;
}

/// Another copy of a keyval that attributes keep alive may be freed too, as both MPIs have it.
int free_keyval(Class owner_class, int* keyval) {
  WrapperScope scope;
  Keyval* k = keyval_at(*keyval, owner_class);
  if (k == nullptr) return mpi::ERR_KEYVAL;
  if (k->freed == 0) {
    k->freed = 1;
    release(k);
  }
  *keyval = mpi::KEYVAL_INVALID;
  return 0;
}

/// A value that exists is deleted first, MPI 4.1 §7.7.2.
int set_attribute(const Object* owner, Attributes* attributes, int keyval, Class owner_class, void* value) {
  Keyval* k = keyval_at(keyval, owner_class);
  if (k == nullptr) return mpi::ERR_KEYVAL;
  if (Attribute* old = find(*attributes, k); old != nullptr) {
    if (int error = run_delete(owner, *old); error != 0) return error;
  }
  WrapperScope scope;
  if (Attribute* old = find(*attributes, k); old != nullptr) {
    old->value = value;
    return 0;
  }
  retain(k);
  attributes->push_back({k, value});
  return 0;
}

int get_attribute(Attributes* attributes, int keyval, Class owner_class, void* value, int* flag) {
  Keyval* k = keyval_at(keyval, owner_class);
  if (k == nullptr) return mpi::ERR_KEYVAL;
  Attribute* found = find(*attributes, k);
  *flag = found != nullptr;
  if (found != nullptr) *static_cast<void**>(value) = found->value;
  return 0;
}

int delete_attribute(const Object* owner, Attributes* attributes, int keyval, Class owner_class) {
  Keyval* k = keyval_at(keyval, owner_class);
  if (k == nullptr) return mpi::ERR_KEYVAL;
  Attribute* found = find(*attributes, k);
  if (found == nullptr) return mpi::ERR_KEYVAL;
  if (int error = run_delete(owner, *found); error != 0) return error;
  WrapperScope scope;
  if ((found = find(*attributes, k)) != nullptr) attributes->erase(attributes->begin() + (found - attributes->data()));
  release(k);
  return 0;
}

bool set_keyval_proxies(int keyval, CopyProxy copy, DeleteProxy remove) {
  auto vid = static_cast<std::uint32_t>(keyval);
  if ((vid >> 26) != (0x20U | static_cast<std::uint32_t>(Class::keyval))) return false;
  auto* k = static_cast<Keyval*>(keyval_slots.at(vid));
  if (k == nullptr) return false;
  k->copy_proxy = copy;
  k->delete_proxy = remove;
  return true;
}

/// Tags up to 2^28 - 1: the smallest MPI_TAG_UB of the MPIs that a restart may meet (MPICH; Open MPI has 2^31 - 1).
void set_predefined_attributes() {
  predefined_values.tag_ub = 0x0fffffff;
  predefined_values.host = mpi::PROC_NULL;
  predefined_values.io = mpi::ANY_SOURCE;
  predefined_values.wtime_is_global = 0;
  predefined_values.has_appnum = real_attribute(mpi::APPNUM, &predefined_values.appnum);
}

int copy_attributes(const Object* owner, const Attributes& source, Attributes* destination) {
  Attributes fixed;
  {
    WrapperScope scope;
    fixed = source;
    for (const Attribute& a : fixed) retain(a.keyval);
  }
  int error = 0;
  Attributes kept;
  for (const Attribute& a : fixed) {
    void* value = a.value;
    int keep = 0;
    if (a.keyval->copy != nullptr && error == 0) {
      int code = run_copy(owner, a, &value, &keep);
      if (code != 0) error = abi().internal_error(code);
    }
    WrapperScope scope;
    if (keep != 0 && error == 0)
      kept.push_back({a.keyval, value});
    else
      release(a.keyval);
  }
  WrapperScope scope;
  *destination = kept;
  fixed = Attributes();
  kept = Attributes();
  return error;
}

int delete_attributes(const Object* owner, Attributes* attributes) {
  while (!attributes->empty()) {
    if (int error = run_delete(owner, attributes->back()); error != 0) return error;
    WrapperScope scope;
    release(attributes->back().keyval);
    attributes->pop_back();
  }
  return 0;
}

}  // namespace mana::upper

namespace mana::api {

int comm_create_keyval(AnyFunction copy, AnyFunction remove, int* keyval, void* extra_state) {
  return create_keyval(Class::comm, copy, remove, keyval, extra_state);
}
int type_create_keyval(AnyFunction copy, AnyFunction remove, int* keyval, void* extra_state) {
  return create_keyval(Class::datatype, copy, remove, keyval, extra_state);
}
int keyval_create(AnyFunction copy, AnyFunction remove, int* keyval, void* extra_state) {
  return create_keyval(Class::comm, copy, remove, keyval, extra_state);
}
int comm_free_keyval(int* keyval) { return free_keyval(Class::comm, keyval); }
int type_free_keyval(int* keyval) { return free_keyval(Class::datatype, keyval); }
int keyval_free(int* keyval) { return free_keyval(Class::comm, keyval); }

int comm_set_attr(Comm* comm, int keyval, void* value) {
  if (!usable(comm)) return mpi::ERR_COMM;
  return set_attribute(comm, &comm->attributes, keyval, Class::comm, value);
}

int comm_get_attr(Comm* comm, int keyval, void* value, int* flag) {
  if (!usable(comm)) return mpi::ERR_COMM;
  if (is_predefined(keyval)) {
    if (!predefined_attribute(keyval, value, flag)) return mpi::ERR_KEYVAL;
    return 0;
  }
  WrapperScope scope;
  return get_attribute(&comm->attributes, keyval, Class::comm, value, flag);
}

int comm_delete_attr(Comm* comm, int keyval) {
  if (!usable(comm)) return mpi::ERR_COMM;
  return delete_attribute(comm, &comm->attributes, keyval, Class::comm);
}

int attr_put(Comm* comm, int keyval, void* value) { return comm_set_attr(comm, keyval, value); }
int attr_get(Comm* comm, int keyval, void* value, int* flag) { return comm_get_attr(comm, keyval, value, flag); }
int attr_delete(Comm* comm, int keyval) { return comm_delete_attr(comm, keyval); }

int type_set_attr(Datatype* type, int keyval, void* value) {
  if (!usable(type)) return mpi::ERR_TYPE;
  return set_attribute(type, &type->attributes, keyval, Class::datatype, value);
}

int type_get_attr(Datatype* type, int keyval, void* value, int* flag) {
  if (!usable(type)) return mpi::ERR_TYPE;
  WrapperScope scope;
  return get_attribute(&type->attributes, keyval, Class::datatype, value, flag);
}

int type_delete_attr(Datatype* type, int keyval) {
  if (!usable(type)) return mpi::ERR_TYPE;
  return delete_attribute(type, &type->attributes, keyval, Class::datatype);
}

}  // namespace mana::api
