// SPDX-License-Identifier: Apache-2.0
#include "upper_half/window_elements.hpp"

#include "gen/lower_calls.hpp"
#include "upper_half/arena.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/p2p.hpp"

namespace mana::upper {

int copy_typed(const void* from, int from_count, Datatype* from_type, void* to, int to_count, Datatype* to_type) {
  std::int64_t bytes = 0;
  int error = 0;
  void* packed = pack_to_memory(from, from_count, from_type, &bytes, &error);
  if (packed == nullptr) return error;
  PackArguments a{packed, bytes, to, to_count, to_type->real.bits, {}};
  error = static_cast<int>(cross(&a, LowerEntry::custom_unpack));
  arena_release(packed);
  return error;
}

Elements::Elements(int count, Datatype& type)
    : basic_(basic_type(type)),
      count_(basic_.size == 0 ? 0 : static_cast<int>(count * type.size / basic_.size)),
      data_(arena_allocate(static_cast<std::size_t>(count_ * basic_.extent) + 1)) {}

Elements::~Elements() { arena_release(data_); }

int Elements::combine(const Elements& other, const Op& op) {
  return count_ == 0 ? 0 : lower_call::reduce_local(other.data_, data_, count_, basic_.real.bits, op.real.bits);
}

}  // namespace mana::upper
