// SPDX-License-Identifier: Apache-2.0
// What the upper half must know of the MPICH ABI.
#include "mpi_wrappers/mpich/abi.hpp"

#include "mpi_wrappers/hooks.hpp"

namespace mana {

using namespace shell;

/// Files are pointers, all others ints.
static std::uint64_t app_handle_or_file(const Object* object) {
  bool is_file = object->vid == mpi::FILE_NULL || object == upper::file_slots.at(object->vid);
  return is_file ? widened(file_out(reinterpret_cast<const File*>(object))) : app_handle(object);
}

static constexpr upper::AbiHooks hooks = {
    .abi = 1,
    .app_handle = app_handle_or_file,
    .app_error = error_out,
    .internal_error = error_in,
    .app_keyval = comm_keyval_out,
    .library_version =
        "MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7 12:34:45 CDT 2022\nMPICH ABI:\t14:2:2\n"
        "MPICH Device:\tmana-split\n",
    .version = 4,
    .subversion = 0,
    .request_vid_needed = 1,
    .store_status = [](void* to, const Status& from) { store(static_cast<AppStatus*>(to), from); },
    .load_status = [](const void* from) { return load(*static_cast<const AppStatus*>(from)); },
    .buffer_automatic = static_cast<std::uintptr_t>(-2),  // as in MPICH 4.2, which brought it
};

const upper::AbiHooks& upper::abi() { return hooks; }

}  // namespace mana
