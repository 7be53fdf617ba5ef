// SPDX-License-Identifier: Apache-2.0
// Datatype arguments on their way to the real MPI.
#pragma once

#include "upper_half/datatype.hpp"

namespace mana::upper {

/// The real handle; an invalid one becomes the real MPI_DATATYPE_NULL, which the real MPI refuses where it is significant.
[[gnu::always_inline]] inline std::uint64_t bits_of(const Datatype* type) {
  return __builtin_expect(type != nullptr, 1) ? type->real.bits : predefined_datatype(mpi::DATATYPE_NULL)->real.bits;
}

/// Real handles of an array of datatypes, for one call. A null array stays null.
class RealTypes {
 public:
  RealTypes(Datatype* const* types, int count) {
    if (types == nullptr || count <= 0) return;
    bits_ = count <= few ? inline_ : static_cast<std::uint64_t*>(arena_allocate(sizeof(std::uint64_t) * static_cast<std::size_t>(count)));
    for (int i = 0; i < count; ++i) bits_[i] = bits_of(types[i]);
  }
  ~RealTypes() {
    if (bits_ != inline_) arena_release(bits_);
  }
  RealTypes(const RealTypes&) = delete;
  const std::uint64_t* bits() const { return bits_; }

 private:
  static constexpr int few = 32;
  std::uint64_t inline_[few];
  std::uint64_t* bits_ = nullptr;
};

}  // namespace mana::upper
