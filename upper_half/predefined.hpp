// SPDX-License-Identifier: Apache-2.0
// How the generated shells find an object by its handle: predefined ones by standard value, user ones by class and slot.
// Defined by upper_half/objects.cpp. Every object struct (Comm, Datatype, ...) has `Object` as its first base.
#pragma once

#include "upper_half/objects.hpp"

#pragma GCC visibility push(hidden)
namespace mana::upper {

/// Predefined objects by value of the standard ABI (0x020..0x3ff); null where that value is no handle. All exist from
/// load time on (MPI_Initialized, Info and Errhandler functions may be called before MPI_Init).
extern Object* predefined_objects[1024];

/// User objects by class. Requests and messages get a vid only when `AbiHooks::request_vid_needed` (MPICH ABI) or when Fortran
/// sees them (Open MPI ABI).
extern SlotTable comm_slots, group_slots, datatype_slots, file_slots, errhandler_slots, op_slots, info_slots, win_slots, request_slots, message_slots,
    session_slots;

/// First slot of user datatypes: 0..0xff would collide with MPICH's builtin pair types 0x8c000000..4.
inline constexpr std::uint32_t first_datatype_slot = 0x100;

}  // namespace mana::upper
#pragma GCC visibility pop
