// SPDX-License-Identifier: Apache-2.0
// Communication calls on windows, MPI 4.1 §12.3. An operation is handed to the real MPI at once, whatever the epoch is.
#include <algorithm>

#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/datatype.hpp"
#include "upper_half/op.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/request.hpp"
#include "upper_half/window.hpp"
#include "upper_half/window_pairs.hpp"
#include "upper_half/window_self.hpp"

namespace mana::upper {
namespace {

bool is_target(const Win& win, int rank) { return std::binary_search(win.targets.begin(), win.targets.end(), rank); }

/// The epoch allows an access to this rank. Using a fence epoch makes it one that only a fence can end.
int check_access(Win* win, int target) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (target == mpi::PROC_NULL) return 0;
  if (target < 0 || target >= win->comm->size) return mpi::ERR_RANK;
  if (win->locked_all || (win->locks_held != 0 && win->locks[target] != Lock::none)) return 0;
  if (win->started) return is_target(*win, target) ? 0 : mpi::ERR_RMA_SYNC;
  if (!win->fence_open || win->in_passive_epoch()) return mpi::ERR_RMA_SYNC;
  win->fence_used = true;
  return 0;
}

/// Checks, counts and starts one operation: `start(real window, place in it)`. What the real MPI can't do is done at once, as
/// `access()` describes it. `accumulated`: the target's type if the operation must be atomic, else null. It
/// counts as issued only when it has been, so that a flush by the drain can't come before it.
template <class Access, class Start>
[[gnu::always_inline]] inline int issue(Win* win, int target, std::int64_t disp, const Datatype* accumulated, Access access, Start start) {
  if (int error = check_access(win, target)) return error;
  WrapperScope scope;
  post_deferred();
  if (__builtin_expect(win->is_alone(), 0)) return target == mpi::PROC_NULL ? 0 : access_self(*win, access());
  if (accumulated != nullptr && __builtin_expect(is_taken_apart(*win, *accumulated), 0) && target != mpi::PROC_NULL)
    if (int error = 0; access_pairs(*win, target, access(), &error)) return error;
  count_operation();
  int error = start(win->real.bits, place_in(*win, target, disp));
  if (error == 0)
    count_issued(win->issued);
  else
    count_operation(-1);
  return error;
}

/// Likewise, with a request for its local completion: `start(real window, place, &real request)`.
template <class Access, class Start>
[[gnu::always_inline]] inline int issue_with_request(Win* win, int target, std::int64_t disp, const Datatype* accumulated, Request** request, Access access,
                                                     Start start) {
  auto start_it = [&](std::uint64_t real_window, std::int64_t place) {
    Request* r = new_request(RequestKind::window);
    count_operation();
    std::uint64_t real = 0;
    int error = start(real_window, place, &real);
    if (error != 0) {
      count_operation(-1);
      release_request(r);
      return error;
    }
    activate_operation(r, real);
    *request = r;
    return 0;
  };
  int error = issue(win, target, disp, accumulated, access, start_it);
  if (error != 0 || *request != nullptr) return error;
  *request = new_request(RequestKind::window);
  complete_at_once(*request, empty_status);
  return 0;
}

const Op* predefined_op(std::uint32_t vid) { return static_cast<const Op*>(predefined_objects[vid]); }

}  // namespace
}  // namespace mana::upper

namespace mana::api {

int put(const void* origin, int origin_count, Datatype* origin_type, int target, std::int64_t disp, int target_count, Datatype* target_type, Win* win) {
  auto access = [&] {
    return TargetAccess{origin, origin_count, origin_type, nullptr, 0, nullptr, disp, target_count, target_type, predefined_op(mpi::REPLACE)};
  };
  return issue(win, target, disp, nullptr, access, [&](std::uint64_t real, std::int64_t place) {
    return lower_call::put(origin, origin_count, origin_type->real.bits, target, place, target_count, target_type->real.bits, real);
  });
}

int get(void* origin, int origin_count, Datatype* origin_type, int target, std::int64_t disp, int target_count, Datatype* target_type, Win* win) {
  auto access = [&] {
    return TargetAccess{nullptr, 0, nullptr, origin, origin_count, origin_type, disp, target_count, target_type, predefined_op(mpi::NO_OP)};
  };
  return issue(win, target, disp, nullptr, access, [&](std::uint64_t real, std::int64_t place) {
    return lower_call::get(origin, origin_count, origin_type->real.bits, target, place, target_count, target_type->real.bits, real);
  });
}

int accumulate(const void* origin, int origin_count, Datatype* origin_type, int target, std::int64_t disp, int target_count, Datatype* target_type, Op* op,
               Win* win) {
  auto access = [&] { return TargetAccess{origin, origin_count, origin_type, nullptr, 0, nullptr, disp, target_count, target_type, op}; };
  return issue(win, target, disp, target_type, access, [&](std::uint64_t real, std::int64_t place) {
    return lower_call::accumulate(origin, origin_count, origin_type->real.bits, target, place, target_count, target_type->real.bits, op->real.bits, real);
  });
}

int get_accumulate(const void* origin, int origin_count, Datatype* origin_type, void* result, int result_count, Datatype* result_type, int target,
                   std::int64_t disp, int target_count, Datatype* target_type, Op* op, Win* win) {
  auto access = [&] { return TargetAccess{origin, origin_count, origin_type, result, result_count, result_type, disp, target_count, target_type, op}; };
  return issue(win, target, disp, target_type, access, [&](std::uint64_t real, std::int64_t place) {
    return lower_call::get_accumulate(origin, origin_count, origin_type->real.bits, result, result_count, result_type->real.bits, target, place, target_count,
                                      target_type->real.bits, op->real.bits, real);
  });
}

int fetch_and_op(const void* origin, void* result, Datatype* type, int target, std::int64_t disp, Op* op, Win* win) {
  auto access = [&] { return TargetAccess{origin, 1, type, result, 1, type, disp, 1, type, op}; };
  return issue(win, target, disp, type, access, [&](std::uint64_t real, std::int64_t place) {
    return lower_call::fetch_and_op(origin, result, type->real.bits, target, place, op->real.bits, real);
  });
}

int compare_and_swap(const void* origin, const void* compare, void* result, Datatype* type, int target, std::int64_t disp, Win* win) {
  auto access = [&] { return TargetAccess{origin, 1, type, result, 1, type, disp, 1, type, predefined_op(mpi::REPLACE), compare}; };
  return issue(win, target, disp, nullptr, access, [&](std::uint64_t real, std::int64_t place) {
    return lower_call::compare_and_swap(origin, compare, result, type->real.bits, target, place, real);
  });
}

int rput(const void* origin, int origin_count, Datatype* origin_type, int target, std::int64_t disp, int target_count, Datatype* target_type, Win* win,
         Request** request) {
  auto access = [&] {
    return TargetAccess{origin, origin_count, origin_type, nullptr, 0, nullptr, disp, target_count, target_type, predefined_op(mpi::REPLACE)};
  };
  return issue_with_request(win, target, disp, nullptr, request, access, [&](std::uint64_t real, std::int64_t place, std::uint64_t* real_request) {
    return lower_call::rput(origin, origin_count, origin_type->real.bits, target, place, target_count, target_type->real.bits, real, real_request);
  });
}

int rget(void* origin, int origin_count, Datatype* origin_type, int target, std::int64_t disp, int target_count, Datatype* target_type, Win* win,
         Request** request) {
  auto access = [&] {
    return TargetAccess{nullptr, 0, nullptr, origin, origin_count, origin_type, disp, target_count, target_type, predefined_op(mpi::NO_OP)};
  };
  return issue_with_request(win, target, disp, nullptr, request, access, [&](std::uint64_t real, std::int64_t place, std::uint64_t* real_request) {
    return lower_call::rget(origin, origin_count, origin_type->real.bits, target, place, target_count, target_type->real.bits, real, real_request);
  });
}

int raccumulate(const void* origin, int origin_count, Datatype* origin_type, int target, std::int64_t disp, int target_count, Datatype* target_type, Op* op,
                Win* win, Request** request) {
  auto access = [&] { return TargetAccess{origin, origin_count, origin_type, nullptr, 0, nullptr, disp, target_count, target_type, op}; };
  return issue_with_request(win, target, disp, target_type, request, access, [&](std::uint64_t real, std::int64_t place, std::uint64_t* real_request) {
    return lower_call::raccumulate(origin, origin_count, origin_type->real.bits, target, place, target_count, target_type->real.bits, op->real.bits, real,
                                   real_request);
  });
}

int rget_accumulate(const void* origin, int origin_count, Datatype* origin_type, void* result, int result_count, Datatype* result_type, int target,
                    std::int64_t disp, int target_count, Datatype* target_type, Op* op, Win* win, Request** request) {
  auto access = [&] { return TargetAccess{origin, origin_count, origin_type, result, result_count, result_type, disp, target_count, target_type, op}; };
  return issue_with_request(win, target, disp, target_type, request, access, [&](std::uint64_t real, std::int64_t place, std::uint64_t* real_request) {
    return lower_call::rget_accumulate(origin, origin_count, origin_type->real.bits, result, result_count, result_type->real.bits, target, place, target_count,
                                       target_type->real.bits, op->real.bits, real, real_request);
  });
}

}  // namespace mana::api
