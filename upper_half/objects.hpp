// SPDX-License-Identifier: Apache-2.0
// MPI objects as the upper half keeps them: one struct a class, found by virtual handle (vid), holding the real handle
// of the current lower half and everything needed to answer locally and to remake the object after a restart.
//
// vid: 0x020..0x3ff = predefined object, the value of the MPI-5 standard ABI (MPI 5.0 §20.5); user objects have bit 31
// set, class code in bits 30-26 (MPICH's codes, so that an MPICH-ABI int handle of a user object *is* its vid),
// slot in bits 25-0. An Open MPI-ABI handle of a user object is the address of its Object; the exported predefined
// symbols (ompi_mpi_int ...) start with the same {magic, vid} header.
#pragma once

#include <cstdint>

#include "upper_half/arena.hpp"

namespace mana::upper {

inline constexpr std::uint32_t object_magic = 0x4d414e41;  // "MANA"

enum class Class : std::uint32_t {  // values: (vid >> 26) & 0x1f of user objects, and MPICH's kind codes
  comm = 1,
  group = 2,
  datatype = 3,
  file = 4,
  errhandler = 5,
  op = 6,
  info = 7,
  win = 8,
  keyval = 9,
  request = 11,
  message = 12,
  session = 14
};

/// The lower half's handle, widened to 64 bits (MPICH int or Open MPI pointer). Kept apart from virtual handles by type.
template <Class C>
struct Real {
  std::uint64_t bits = 0;
};

struct Object {
  std::uint32_t magic = object_magic;
  std::uint32_t vid = 0;
  std::uint64_t extra = 0;      // second half of the 16-byte header shared with exported predefined symbols
  std::int32_t references = 1;  // handles given out plus internal users
  std::uint32_t freed = 0;      // the application has freed its handle
};

/// Predefined objects are never counted. User objects: adds one user.
[[gnu::always_inline]] inline void retain(Object* object) {
  if (static_cast<std::int32_t>(object->vid) < 0) __atomic_fetch_add(&object->references, 1, __ATOMIC_RELAXED);
}
/// Takes one user away; true when it was the last one and the object is to be destroyed. Classes have their own
/// `release`, which does it.
[[gnu::always_inline]] inline bool drop_reference(Object* object) {
  return static_cast<std::int32_t>(object->vid) < 0 && __atomic_fetch_sub(&object->references, 1, __ATOMIC_ACQ_REL) == 1;
}

/// The application has freed its handle while the object lives on: the handle doesn't lead to it any more.
inline void withdraw_handle(Object* object) {
  object->freed = 1;
  object->magic = 0;
  object->vid |= 1U << 30;  // no class
}

struct Comm;
struct Group;
struct Datatype;
struct Op;
struct Errhandler;
struct Info;
struct Request;
struct Message;
struct Win;
struct File;
struct Session;

/// Canonical status, independent of both ABIs; ABI layouts are written by the generated shells.
struct Status {
  std::int32_t source;
  std::int32_t tag;
  std::int32_t error;
  std::int32_t cancelled;
  std::int64_t count_bytes;
};

using AnyFunction = void (*)();

/// Slot table of user objects of one class: stable addresses, O(1) lookup, slots reused after free.
/// `put` assigns object->vid; `at` returns nullptr for an invalid or freed vid.
class SlotTable {
 public:
  constexpr explicit SlotTable(Class c, std::uint32_t first_slot = 1) : class_(c), first_(first_slot) {}
  void put(Object* object);
  void remove(Object* object);
  [[gnu::always_inline]] Object* at(std::uint32_t vid) const {
    std::uint32_t slot = vid & 0x03ffffff;
    if (slot >= __atomic_load_n(&capacity_, __ATOMIC_ACQUIRE)) return nullptr;
    Object* o = slots_[slot];
    return (o != nullptr && o->vid == vid) ? o : nullptr;
  }
  /// Calls f(Object*) for every live object in slot order.
  template <class F>
  void each(F f) const {
    for (std::uint32_t i = 0; i < capacity_; ++i)
      if (slots_[i] != nullptr) f(slots_[i]);
  }
  std::uint32_t live() const { return live_; }

 private:
  Class class_;
  std::uint32_t first_;
  void grow();
  Object** slots_ = nullptr;
  std::uint32_t capacity_ = 0;
  std::uint32_t next_ = 0, live_ = 0, lock_ = 0;
  std::uint32_t free_count_ = 0, free_capacity_ = 0;
  std::uint32_t* free_ = nullptr;  // no Vector: calls after the static destructors must still work
};

/// What differs per application ABI and can't be decided at compile time in this room: filled by mpi_wrappers/<abi>.
struct AbiHooks {
  std::uint32_t abi;  // 1 MPICH, 2 Open MPI, 3 standard
  /// The application's handle for an object (int value or pointer), widened; what callbacks get.
  std::uint64_t (*app_handle)(const Object*);
  int (*app_error)(int internal_code);  ///< internal error code -> the application's
  int (*internal_error)(int app_code);  ///< and back
  int (*app_keyval)(int internal_keyval);
  const char* library_version;  ///< what MPI_Get_library_version of this flavour looks like
  int version, subversion;
  std::uint32_t request_vid_needed;  ///< 1: request handles are vids (MPICH ABI), so requests need slots
  /// A status in the application's layout (at most 32 bytes), for callbacks that fill one in.
  void (*store_status)(void* app_status, const Status& status);
  Status (*load_status)(const void* app_status);
  std::uintptr_t buffer_automatic;  ///< MPI_BUFFER_AUTOMATIC
};
const AbiHooks& abi();

}  // namespace mana::upper
