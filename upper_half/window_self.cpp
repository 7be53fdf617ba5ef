// SPDX-License-Identifier: Apache-2.0
#include "upper_half/window_self.hpp"

#include <cstring>

#include "gen/lower_calls.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/p2p.hpp"
#include "upper_half/request.hpp"

namespace mana::upper {
namespace {

/// Typed data as a row of its basic elements.
class Packed {
 public:
  Packed(const void* buffer, int count, Datatype* type) { memory_ = pack_to_memory(buffer, count, type, &bytes_, &error_); }
  ~Packed() { arena_release(memory_); }
  Packed(const Packed&) = delete;

  int unpack(void* buffer, int count, Datatype* type) const {
    PackArguments a{memory_, bytes_, buffer, count, type->real.bits, {}};
    return static_cast<int>(cross(&a, LowerEntry::custom_unpack));
  }
  int error() const { return error_; }
  void* data() const { return memory_; }
  std::int64_t bytes() const { return bytes_; }

 private:
  void* memory_ = nullptr;
  std::int64_t bytes_ = 0;
  int error_ = 0;
};

int copy(const void* from, int from_count, Datatype* from_type, void* to, int to_count, Datatype* to_type) {
  Packed data(from, from_count, from_type);
  return data.error() != 0 ? data.error() : data.unpack(to, to_count, to_type);
}

/// The predefined type that a type is made of; accumulates allow only one (MPI 4.1 §12.3.4).
const Datatype& basic_type(const Datatype& type) {
  const Datatype* t = &type;
  while (!t->types.empty()) t = t->types[0];
  return *t;
}

int combine(const TargetAccess& access, void* place) {
  Packed origin(access.origin, access.origin_count, access.origin_type);
  if (origin.error() != 0) return origin.error();
  Packed target(place, access.target_count, access.target_type);
  if (target.error() != 0) return target.error();
  const Datatype& basic = basic_type(*access.target_type);
  if (origin.bytes() != target.bytes() || basic.size == 0) return mpi::ERR_ARG;
  int elements = static_cast<int>(target.bytes() / basic.size);
  int error = lower_call::reduce_local(origin.data(), target.data(), elements, basic.real.bits, access.op->real.bits);
  return error != 0 ? error : target.unpack(place, access.target_count, access.target_type);
}

/// Null stands for address 0 in a dynamic window.
char* place_of(const Win& win, std::int64_t disp) {
  return reinterpret_cast<char*>(reinterpret_cast<std::intptr_t>(win.base) + disp * win.disp_unit);
}

}  // namespace

/// The lock makes it atomic towards other threads.
int access_self(const Win& win, const TargetAccess& access) {
  char* place = place_of(win, access.disp);
  RequestLock lock;
  if (access.result_type != nullptr) {
    int error = copy(place, access.target_count, access.target_type, access.result, access.result_count, access.result_type);
    if (error != 0) return error;
  }
  if (access.op->vid == mpi::NO_OP) return 0;
  if (access.op->vid != mpi::REPLACE) return combine(access, place);
  return copy(access.origin, access.origin_count, access.origin_type, place, access.target_count, access.target_type);
}

int swap_self(const Win& win, const void* origin, const void* compare, void* result, const Datatype& type, std::int64_t disp) {
  char* place = place_of(win, disp);
  auto bytes = static_cast<std::size_t>(type.size);
  RequestLock lock;
  std::memcpy(result, place, bytes);
  if (std::memcmp(place, compare, bytes) == 0) std::memcpy(place, origin, bytes);
  return 0;
}

}  // namespace mana::upper
