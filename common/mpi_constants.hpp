// SPDX-License-Identifier: Apache-2.0
// namespace mana::mpi: MPI's constants with the values of the MPI-5 standard ABI, generated into the build directory.
#pragma once

#include "gen/mpi_constants.hpp"
