// SPDX-License-Identifier: Apache-2.0
#include "upper_half/window_self.hpp"

#include <cstring>

#include "upper_half/request.hpp"
#include "upper_half/window_elements.hpp"

namespace mana::upper {
namespace {

int combine(const TargetAccess& access, void* place) {
  Elements origin(access.origin_count, *access.origin_type), target(access.target_count, *access.target_type);
  if (origin.count() != target.count()) return mpi::ERR_ARG;
  if (int error = origin.read(access.origin, access.origin_count, access.origin_type); error != 0) return error;
  if (int error = target.read(place, access.target_count, access.target_type); error != 0) return error;
  if (int error = target.combine(origin, *access.op); error != 0) return error;
  return target.write(place, access.target_count, access.target_type);
}

int swap(const TargetAccess& access, void* place) {
  auto bytes = static_cast<std::size_t>(access.target_type->size);
  std::memcpy(access.result, place, bytes);
  if (std::memcmp(place, access.compare, bytes) == 0) std::memcpy(place, access.origin, bytes);
  return 0;
}

/// Null stands for address 0 in a dynamic window.
char* place_of(const Win& win, std::int64_t disp) { return reinterpret_cast<char*>(reinterpret_cast<std::intptr_t>(win.base) + disp * win.disp_unit); }

}  // namespace

/// The lock makes it atomic towards other threads.
int access_self(const Win& win, const TargetAccess& access) {
  char* place = place_of(win, access.disp);
  RequestLock lock;
  if (access.compare != nullptr) return swap(access, place);
  if (access.result_type != nullptr) {
    int error = copy_typed(place, access.target_count, access.target_type, access.result, access.result_count, access.result_type);
    if (error != 0) return error;
  }
  if (access.op->vid == mpi::NO_OP) return 0;
  if (access.op->vid != mpi::REPLACE) return combine(access, place);
  return copy_typed(access.origin, access.origin_count, access.origin_type, place, access.target_count, access.target_type);
}

}  // namespace mana::upper
