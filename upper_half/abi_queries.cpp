// SPDX-License-Identifier: Apache-2.0
// What the application can ask about the ABI it sees (MPI 5.0 §20), the standard's, MPICH's or Open MPI's, with gfortran's
// INTEGER and LOGICAL; and about the hardware.
#include "common/mpi_constants.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/info.hpp"
#include "upper_half/objects.hpp"
#include "upper_half/thread.hpp"

namespace mana::api {
namespace {

constexpr int logical_bytes = 4;

int made(Info** out, std::initializer_list<const char*> keys, const char* value) {
  WrapperScope scope;
  *out = copy_info(nullptr);
  for (const char* key : keys) (*out)->set(key, value);
  return 0;
}

}  // namespace

int abi_get_version(int* abi_major, int* abi_minor) {
  bool standard = abi().abi == 3;
  *abi_major = standard ? 1 : -1;
  *abi_minor = standard ? 0 : -1;
  return 0;
}

int abi_get_info(Info** info) { return made(info, {"mpi_aint_size", "mpi_count_size", "mpi_offset_size"}, "8"); }

int abi_get_fortran_info(Info** info) {
  if (int error = made(info, {"mpi_logical_size", "mpi_integer_size", "mpi_real_size"}, "4"); error != 0) return error;
  WrapperScope scope;
  (*info)->set("mpi_double_precision_size", "8");
  return 0;
}

int abi_get_fortran_booleans(int logical_size, void* logical_true, void* logical_false, int* is_set) {
  *is_set = logical_size == logical_bytes ? 1 : 0;
  if (*is_set == 0) return 0;
  *static_cast<int*>(logical_true) = 1;
  *static_cast<int*>(logical_false) = 0;
  return 0;
}

/// Both are fixed by the ABI that the application was compiled for.
int abi_set_fortran_info(Info*) { return mpi::ERR_ABI; }
int abi_set_fortran_booleans(int, void*, void*) { return mpi::ERR_ABI; }

/// No resource of the hardware is known here by a name that a restart elsewhere would keep.
int get_hw_resource_info(Info** hw_info) { return made(hw_info, {}, ""); }

}  // namespace mana::api
