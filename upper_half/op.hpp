// SPDX-License-Identifier: Apache-2.0
// Reduction operations (MPI 4.1 §6.9): user functions are called by the real MPI through a trampoline of the lower half.
#pragma once

#include "upper_half/foreign_callbacks.hpp"
#include "upper_half/objects.hpp"

namespace mana::upper {

struct Op : Object {
  OpProxy proxy = nullptr;          ///< of a user function that isn't C's
  AnyFunction through = nullptr;    ///< for the proxy
  Real<Class::op> real;
  bool commutative = true;
  bool predefined = true;
  AnyFunction function = nullptr;
  Datatype* type_in_use = nullptr;  ///< of the latest reduction with it: what the function is told when the real type has aliases
};

inline bool usable(const Op* op) { return op != nullptr && op->vid != 0x020; }
void release(Op* op);
int make_real(Op& op);

/// Call before every crossing that reduces.
[[gnu::always_inline]] inline void note_reduction(Op* op, Datatype* type) {
  if (__builtin_expect(!op->predefined, 0)) op->type_in_use = type;
}
/// A datatype goes: no operation may remember it.
void forget_type(const Datatype* type);

}  // namespace mana::upper
