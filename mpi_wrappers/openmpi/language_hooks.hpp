// SPDX-License-Identifier: Apache-2.0
// What our libmpi.so.40 exports for our libmpi_mpifh.so.40 beyond MPI. Both are installed together: no stable interface.
#pragma once

#include <cstddef>
#include <cstdint>

#include "upper_half/foreign_callbacks.hpp"

#define MANA_HOOK extern "C" [[gnu::visibility("default")]]

/// Memory of the arena (upper_half/arena.hpp).
MANA_HOOK void* mana_allocate(std::size_t bytes);
MANA_HOOK void mana_release(void* block);

/// Number of sources (0) or destinations (1) of a communicator with a topology.
MANA_HOOK int mana_neighbors(void* comm, int outgoing);

/// The callbacks of a user object aren't C's: see upper_half/foreign_callbacks.hpp. Handles are C handles.
MANA_HOOK void mana_set_op_proxy(void* op, mana::upper::OpProxy proxy);
MANA_HOOK void mana_set_errhandler_proxy(void* errhandler, mana::upper::ErrhandlerProxy proxy);
MANA_HOOK void mana_set_keyval_proxies(int keyval, mana::upper::CopyProxy copy, mana::upper::DeleteProxy remove);

/// Attribute values set by Fortran: see upper_half/fortran_value.hpp. `keyval` is the application's.
MANA_HOOK void* mana_make_fortran_value(std::int64_t integer);
MANA_HOOK void mana_drop_fortran_value(void* value);
MANA_HOOK std::int64_t mana_as_fortran_attribute(int keyval, const void* value);
