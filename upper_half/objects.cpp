// SPDX-License-Identifier: Apache-2.0
// Slot tables, and the table of predefined objects, which exists from load time on.
#include "upper_half/objects.hpp"

#include "upper_half/caution.hpp"
#include "upper_half/predefined.hpp"

namespace mana::upper {
namespace {

struct SpinLock {
  explicit SpinLock(std::uint32_t& word) : word_(word) {
    while (__atomic_exchange_n(&word_, 1, __ATOMIC_ACQUIRE) != 0) __builtin_ia32_pause();
  }
  ~SpinLock() { __atomic_store_n(&word_, 0, __ATOMIC_RELEASE); }
  std::uint32_t& word_;
};

}  // namespace

constinit Object* predefined_objects[1024] = {};
constinit volatile std::uint32_t caution_word = 0;

constinit SlotTable comm_slots(Class::comm), group_slots(Class::group), file_slots(Class::file), errhandler_slots(Class::errhandler), op_slots(Class::op),
    info_slots(Class::info), win_slots(Class::win), request_slots(Class::request), message_slots(Class::message), session_slots(Class::session),
    keyval_slots(Class::keyval);
constinit SlotTable datatype_slots(Class::datatype, first_datatype_slot);

/// Readers take no lock: an old array stays where it is. Doubling bounds what is lost to the size of the last one.
void SlotTable::grow() {
  std::uint32_t capacity = capacity_ == 0 ? 256 : 2 * capacity_;
  auto** slots = static_cast<Object**>(arena_allocate(capacity * sizeof(Object*)));
  if (capacity_ != 0) std::memcpy(slots, slots_, capacity_ * sizeof(Object*));
  std::memset(slots + capacity_, 0, (capacity - capacity_) * sizeof(Object*));
  __atomic_store_n(&slots_, slots, __ATOMIC_RELEASE);
  __atomic_store_n(&capacity_, capacity, __ATOMIC_RELEASE);
}

void SlotTable::put(Object* object) {
  SpinLock lock(lock_);
  std::uint32_t slot;
  if (free_count_ != 0) {
    slot = free_[--free_count_];
  } else {
    slot = first_ + next_++;
    while (slot >= capacity_) grow();
  }
  object->vid = 0x80000000U | static_cast<std::uint32_t>(class_) << 26 | slot;
  slots_[slot] = object;
  ++live_;
}

void SlotTable::remove(Object* object) {
  SpinLock lock(lock_);
  std::uint32_t slot = object->vid & 0x03ffffff;
  slots_[slot] = nullptr;
  if (free_count_ == free_capacity_) {
    std::uint32_t capacity = free_capacity_ == 0 ? 256 : 2 * free_capacity_;
    auto* slots = static_cast<std::uint32_t*>(arena_allocate(capacity * sizeof(std::uint32_t)));
    if (free_count_ != 0) std::memcpy(slots, free_, free_count_ * sizeof(std::uint32_t));
    arena_release(free_);
    free_ = slots;
    free_capacity_ = capacity;
  }
  free_[free_count_++] = slot;
  --live_;
}

}  // namespace mana::upper
