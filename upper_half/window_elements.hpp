// SPDX-License-Identifier: Apache-2.0
// The data of an accumulating operation as an array of the predefined type that it is made of, so that
// MPI_Reduce_local can combine it.
#pragma once

#include "upper_half/datatype.hpp"
#include "upper_half/op.hpp"

namespace mana::upper {

/// The predefined type that a type is made of; accumulates allow only one (MPI 4.1 §12.3.4).
inline Datatype& basic_type(Datatype& type) {
  Datatype* t = &type;
  while (!t->types.empty()) t = t->types[0];
  return *t;
}
inline const Datatype& basic_type(const Datatype& type) { return basic_type(const_cast<Datatype&>(type)); }

/// Copies typed data. Returns an error class, as all here do.
int copy_typed(const void* from, int from_count, Datatype* from_type, void* to, int to_count, Datatype* to_type);

/// An array in the arena.
class Elements {
 public:
  /// With room for what `count` of `type` hold.
  Elements(int count, Datatype& type);
  ~Elements();
  Elements(const Elements&) = delete;

  int read(const void* buffer, int count, Datatype* type) { return copy_typed(buffer, count, type, data_, count_, &basic_); }
  int write(void* buffer, int count, Datatype* type) const { return copy_typed(data_, count_, &basic_, buffer, count, type); }
  /// Each element becomes `op` of the other's and itself.
  int combine(const Elements& other, const Op& op);
  void* data() const { return data_; }
  int count() const { return count_; }
  Datatype& basic() const { return basic_; }

 private:
  Datatype& basic_;
  int count_;
  void* data_;
};

}  // namespace mana::upper
