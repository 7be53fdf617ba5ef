// SPDX-License-Identifier: Apache-2.0
// Reduction operations (MPI 4.1 §6.9): user functions are called by the real MPI through a trampoline of the lower half.
#pragma once

#include "upper_half/foreign_callbacks.hpp"
#include "upper_half/objects.hpp"

namespace mana::upper {

struct Op : Object {
  OpProxy proxy = nullptr;        ///< of a user function that isn't C's
  AnyFunction through = nullptr;  ///< for the proxy
  Real<Class::op> real;
  bool commutative = true;
  bool predefined = true;
  AnyFunction function = nullptr;
  bool large_counts = false;        ///< the function takes its length as MPI_Count* (MPI_Op_create_c)
  Op* many_of = nullptr;            ///< referenced: this one applies it to all elements of a LargeCount type; see make_many()
  Datatype* many_type = nullptr;    ///< referenced: the type that `many_of` reduces
  std::int64_t many = 0;            ///< elements of it in one LargeCount type
  Datatype* type_in_use = nullptr;  ///< of the latest reduction with it: what the function is told when the real type has aliases
};

inline bool usable(const Op* op) { return op != nullptr && op->vid != 0x020; }
void release(Op* op);
int make_real(Op& op);
/// An operation that reduces one element of a type of `count` elements of `type` as `op` does `count` of `type`; released
/// like any other. Null on an error, with the class in `*error`.
Op* make_many(Op* op, Datatype* type, std::int64_t count, int* error);

/// Call before every crossing that reduces.
[[gnu::always_inline]] inline void note_reduction(Op* op, Datatype* type) {
  if (__builtin_expect(!op->predefined, 0)) op->type_in_use = type;
}
/// A datatype goes: no operation may remember it.
void forget_type(const Datatype* type);

}  // namespace mana::upper
