// SPDX-License-Identifier: Apache-2.0
// User callbacks of other languages than C (Fortran, the C++ bindings): a language library registers a *proxy* beside the
// user's function; the upper half then calls the proxy, which knows the language's calling convention. `through` is a second
// function for the proxy's own use. Handles are the application's C handles, widened (MPICH's ints in the low half).
#pragma once

#include <cstdint>

#include "upper_half/objects.hpp"

namespace mana::upper {

/// Attribute values as MPICH numbers them: what a C program has set, or an integer set by Fortran (fortran_value.hpp).
enum class ValueType : int { pointer = 0, integer = 1 };

using CopyProxy = int (*)(AnyFunction user, std::uint64_t handle, int keyval, void* extra_state, ValueType type, void* value, void** copy, int* flag);
using DeleteProxy = int (*)(AnyFunction user, std::uint64_t handle, int keyval, ValueType type, void* value, void* extra_state);
/// Runs on the lower stack, as every reduction callback does. `handle` points at the datatype.
using OpProxy = void (*)(AnyFunction through, AnyFunction user, void* in, void* inout, int* count, void* handle);
/// `handle` points at that of the communicator, window or file.
using ErrhandlerProxy = void (*)(AnyFunction through, AnyFunction user, void* handle, int* code);

}  // namespace mana::upper
