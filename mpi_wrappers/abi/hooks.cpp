// SPDX-License-Identifier: Apache-2.0
// What the upper half must know of the standard ABI.
#include "mpi_wrappers/abi/abi.hpp"

#include "mpi_wrappers/hooks.hpp"

namespace mana {

using namespace shell;

static constexpr upper::AbiHooks hooks = {
    .abi = 3,
    .app_handle = app_handle,
    .app_error = error_out,
    .internal_error = error_in,
    .app_keyval = comm_keyval_out,
    .library_version = "mana-split, MPI standard ABI 1.0",
    .version = 5,
    .subversion = 0,
    .request_vid_needed = 1,
    .store_status = [](void* to, const Status& from) { store(static_cast<AppStatus*>(to), from); },
    .load_status = [](const void* from) { return load(*static_cast<const AppStatus*>(from)); },
    .buffer_automatic = 2,
};

const upper::AbiHooks& upper::abi() { return hooks; }

}  // namespace mana
