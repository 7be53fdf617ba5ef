// SPDX-License-Identifier: Apache-2.0
// What the upper half must know of the Open MPI ABI.
#include "mpi_wrappers/openmpi/abi.hpp"

#include "mpi_wrappers/hooks.hpp"

namespace mana {

using namespace shell;

static constexpr upper::AbiHooks hooks = {
    .abi = 2,
    .app_handle = app_handle,
    .app_error = error_out,
    .internal_error = error_in,
    .app_keyval = comm_keyval_out,
    .library_version = "Open MPI v4.1.4, package: mana-split, ident: 4.1.4, repo rev: v4.1.4, May 26, 2022",
    .version = 3,
    .subversion = 1,
    .request_vid_needed = 0,
    .store_status = [](void* to, const Status& from) { store(static_cast<AppStatus*>(to), from); },
    .load_status = [](const void* from) { return load(*static_cast<const AppStatus*>(from)); },
    .buffer_automatic = 4,  // as in Open MPI 6, which brings it
};

const upper::AbiHooks& upper::abi() { return hooks; }

}  // namespace mana
