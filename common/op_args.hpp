// SPDX-License-Identifier: Apache-2.0
// Arguments of the custom lower entries for user-defined reduction operations, and of the call back into the upper half.
#pragma once

#include <cstdint>

namespace mana::custom {

/// Entry `op_create`: a real operation whose function is one of the lower half's trampolines.
struct CreateOp {
  std::int64_t (*invoke)(void* invoke_op);  ///< in: upper-half function, gets an InvokeOp
  void* op;                                 ///< in: handed to `invoke`
  std::int32_t commutative;                 ///< in
  std::uint64_t real;                       ///< out
  std::uint64_t many_op;                    ///< in, with `many`: the real operation that each element is reduced with,
  std::uint64_t many_type;                  ///< in: its elements' real type,
  std::int64_t many;                        ///< in: and how many of them one element is; 0: an ordinary operation
};

/// Entry `op_free`: frees the real operation and its trampoline.
struct FreeOp {
  std::uint64_t real;
  void* op;
};

struct InvokeOp {
  void* op;
  void* in;
  void* inout;
  std::int32_t count;
  std::uint64_t real_type;
};

}  // namespace mana::custom
