// SPDX-License-Identifier: Apache-2.0
// From a construction record to a datatype.
#pragma once

#include "upper_half/datatype.hpp"

namespace mana::upper {

/// Makes the real type, measures it and gives the record a handle. On an error the record is gone.
int build(Datatype* record, Datatype** out);

/// The predefined type that a type of MPI_Type_create_f90_* stands for; null if there is none.
Datatype* f90_equivalent(const Datatype& type);

}  // namespace mana::upper
