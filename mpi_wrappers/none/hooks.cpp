// SPDX-License-Identifier: Apache-2.0
// The upper half of a program without MPI: threads, signals and the checkpoint line; no MPI function is exported.
#include "upper_half/objects.hpp"

namespace mana {

static constexpr upper::AbiHooks hooks = {
    .abi = 0,
    .app_handle = [](const upper::Object*) -> std::uint64_t { return 0; },
    .app_error = [](int code) { return code; },
    .internal_error = [](int code) { return code; },
    .app_keyval = [](int keyval) { return keyval; },
    .library_version = "none",
    .version = 0,
    .subversion = 0,
    .request_vid_needed = 0,
    .store_status = nullptr,
    .load_status = nullptr,
    .buffer_automatic = 0,
};

const upper::AbiHooks& upper::abi() { return hooks; }

}  // namespace mana
