// SPDX-License-Identifier: Apache-2.0
// The library of the MPI under lower-abi: any libmpi_abi, the soname of which has been .so.12, .so.0 and .so.1 over the years.
#pragma once

#include <string>

#include "common/result.hpp"

namespace mana::restart {

/// Finds it where `wanted` (a file or a directory; "": $MANA_MPI_LIBRARY, else ld.so's usual places) says, and makes ld.so find it
/// first: sets LD_LIBRARY_PATH for lower-abi, which gives the program the value that it had, kept in MANA_LIBRARY_PATH_BEFORE.
/// Returns its path. Refuses our own one.
Result<std::string> use_standard_library(std::string wanted);

/// Directories where ld.so looks for libraries: those of LD_LIBRARY_PATH, then the system's. The one that has `library`, or "".
std::string directory_of(const std::string& library);

}  // namespace mana::restart
