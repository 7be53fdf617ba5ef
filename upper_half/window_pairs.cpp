// SPDX-License-Identifier: Apache-2.0
#include "upper_half/window_pairs.hpp"

#include "gen/lower_calls.hpp"
#include "upper_half/window.hpp"

namespace mana::upper {
namespace {

/// The target's elements, and what is there now: puts and gets know where the values lie.
class RemoteElements {
 public:
  RemoteElements(Win& win, int target, const TargetAccess& access)
      : win_(win), target_(target), access_(access), place_(place_in(win, target, access.disp)), now_(access.target_count, *access.target_type) {}

  Elements& now() { return now_; }

  int read() {
    int error = lower_call::get(now_.data(), now_.count(), now_.basic().real.bits, target_, place_, access_.target_count, access_.target_type->real.bits,
                                win_.real.bits);
    return error != 0 ? error : flush();
  }

  int write(const void* origin, int count, const Datatype& type) {
    int error = lower_call::put(origin, count, type.real.bits, target_, place_, access_.target_count, access_.target_type->real.bits, win_.real.bits);
    return error != 0 ? error : flush();
  }

  int flush() { return lower_call::win_flush(target_, win_.real.bits); }

 private:
  Win& win_;
  int target_;
  const TargetAccess& access_;
  std::int64_t place_;
  Elements now_;
};

int combine(RemoteElements& target, const TargetAccess& access) {
  Elements origin(access.origin_count, *access.origin_type);
  if (origin.count() != target.now().count()) return mpi::ERR_ARG;
  if (int error = origin.read(access.origin, access.origin_count, access.origin_type); error != 0) return error;
  if (int error = target.now().combine(origin, *access.op); error != 0) return error;
  return target.write(target.now().data(), target.now().count(), target.now().basic());
}

/// Under the lock. Earlier accumulates of this rank come before (MPI 4.1 §12.7.2).
int exchange(Win& win, int rank, const TargetAccess& access) {
  RemoteElements target(win, rank, access);
  bool replaces = access.op->vid == mpi::REPLACE, fetches = access.result_type != nullptr;
  if (win.issued != win.completed)
    if (int error = target.flush(); error != 0) return error;
  if (fetches || !replaces)
    if (int error = target.read(); error != 0) return error;
  if (fetches)
    if (int error = target.now().write(access.result, access.result_count, access.result_type); error != 0) return error;
  if (access.op->vid == mpi::NO_OP) return 0;
  return replaces ? target.write(access.origin, access.origin_count, *access.origin_type) : combine(target, access);
}

int wait_for_lock(Win& win, int rank) {
  WrapperScope scope(ThreadPlace::waiting);
  WindowLock lock = WindowLock::pairs;
  return acquire_lock(win, &lock, rank);
}

}  // namespace

bool access_pairs(Win& win, int target, const TargetAccess& access, int* error) {
  if (*error = wait_for_lock(win, target); *error != 0) return true;
  bool done = is_taken_apart(win, *access.target_type);
  if (done) *error = exchange(win, target, access);
  int given_back = give_back_lock(win, WindowLock::pairs, target);
  if (*error == 0) *error = given_back;
  return done || *error != 0;
}

}  // namespace mana::upper
