// SPDX-License-Identifier: Apache-2.0
// Generalized requests (MPI 4.1 §13.2): wholly of the upper half; the application completes them, its callbacks tell their
// result. They are active with `Counts::elsewhere`, and outlive any restart as they are.
#pragma once

#include "upper_half/request.hpp"

namespace mana::upper {

/// The callbacks are Fortran subroutines, whose arguments go by address; the extra state is an address already.
void have_fortran_callbacks(Request* r);
/// The status that the query function gives, and its error.
int query_generalized(const Request* r, Status* status);
/// Tells the cancel function, MPI 4.1 §13.2.
int cancel_generalized(Request* r);
/// The request goes: calls the free function.
void end_generalized(Request* r);

}  // namespace mana::upper
