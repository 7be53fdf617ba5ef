// SPDX-License-Identifier: Apache-2.0
// Wait, Test and their kin (MPI 4.1 §3.7.3, §3.7.5), cancel and free. What the drain or an earlier call has completed
// is found in the cells without a crossing; a failed operation among many gives MPI_ERR_IN_STATUS.
#include "gen/upper_api.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/generalized.hpp"
#include "upper_half/p2p.hpp"
#include "upper_half/synchronous.hpp"

namespace mana::upper {
namespace {

bool all_valid(Request* const* list, int count) {
  for (int i = 0; i < count; ++i)
    if (list[i] == nullptr) return false;
  return true;
}

int check_list(Request* const* list, int count) {
  if (count < 0) return mpi::ERR_COUNT;
  if (list == nullptr && count > 0) return mpi::ERR_ARG;
  return all_valid(list, count) ? 0 : mpi::ERR_REQUEST;
}

bool none_active(Request* const* list, int count) {
  for (int i = 0; i < count; ++i)
    if (list[i]->is_active()) return false;
  return true;
}

/// True when there is nothing to wait for: all are null or inactive.
bool nothing_started(Request* const* list, int count) {
  for (int i = 0; i < count; ++i)
    if (list[i]->cell.state != RequestState::inactive) return false;
  return true;
}

int first_complete(Request* const* list, int count) {
  for (int i = 0; i < count; ++i)
    if (list[i]->is_complete()) return i;
  return -1;
}

/// Hands over the result of every request; none is active.
int take_all(Request** list, int count, Status* statuses) {
  bool failed = false;
  for (int i = 0; i < count; ++i) failed |= take_result(&list[i], statuses != nullptr ? &statuses[i] : nullptr) != 0;
  return failed ? mpi::ERR_IN_STATUS : 0;
}

/// Hands over the results of all that are complete.
int take_some(Request** list, int count, int* outcount, int* indices, Status* statuses) {
  bool failed = false;
  int n = 0;
  for (int i = 0; i < count; ++i) {
    if (!list[i]->is_complete()) continue;
    failed |= take_result(&list[i], statuses != nullptr ? &statuses[n] : nullptr) != 0;
    indices[n++] = i;
  }
  *outcount = n;
  return failed ? mpi::ERR_IN_STATUS : 0;
}

int take_nothing(Status* status) {
  if (status != nullptr) *status = empty_status;
  return 0;
}

/// The result of a request that is not active, without taking it.
int look_at_result(const Request* r, Status* status) {
  if (r->is(special::generalized) && r->is_complete()) return query_generalized(r, status);
  if (status != nullptr) *status = r->is_complete() ? as_status(r->cell.status) : empty_status;
  return r->is_complete() ? r->cell.status.error : 0;
}

}  // namespace
}  // namespace mana::upper

namespace mana::api {

int wait(Request** request, Status* status) {
  if (*request == nullptr) return mpi::ERR_REQUEST;
  WrapperScope scope(ThreadPlace::waiting);
  await_all(request, 1);
  return take_result(request, status);
}

int waitall(int count, Request** array_of_requests, Status* array_of_statuses) {
  if (int error = check_list(array_of_requests, count)) return error;
  WrapperScope scope(ThreadPlace::waiting);
  await_all(array_of_requests, count, array_of_statuses == nullptr);
  return take_all(array_of_requests, count, array_of_statuses);
}

int waitany(int count, Request** array_of_requests, int* index, Status* status) {
  if (int error = check_list(array_of_requests, count)) return error;
  WrapperScope scope(ThreadPlace::waiting);
  *index = mpi::UNDEFINED;
  if (nothing_started(array_of_requests, count)) return take_nothing(status);
  await_some(array_of_requests, count);
  *index = first_complete(array_of_requests, count);
  return take_result(&array_of_requests[*index], status);
}

int waitsome(int incount, Request** array_of_requests, int* outcount, int* array_of_indices, Status* array_of_statuses) {
  if (int error = check_list(array_of_requests, incount)) return error;
  WrapperScope scope(ThreadPlace::waiting);
  *outcount = mpi::UNDEFINED;
  if (nothing_started(array_of_requests, incount)) return 0;
  await_some(array_of_requests, incount);
  return take_some(array_of_requests, incount, outcount, array_of_indices, array_of_statuses);
}

int test(Request** request, int* flag, Status* status) {
  if (*request == nullptr) return mpi::ERR_REQUEST;
  WrapperScope scope;
  poll_in_order(request, 1);
  *flag = (*request)->is_active() ? 0 : 1;
  return *flag != 0 ? take_result(request, status) : 0;
}

int testall(int count, Request** array_of_requests, int* flag, Status* array_of_statuses) {
  if (int error = check_list(array_of_requests, count)) return error;
  WrapperScope scope;
  poll_in_order(array_of_requests, count);
  *flag = none_active(array_of_requests, count) ? 1 : 0;
  return *flag != 0 ? take_all(array_of_requests, count, array_of_statuses) : 0;
}

int testany(int count, Request** array_of_requests, int* index, int* flag, Status* status) {
  if (int error = check_list(array_of_requests, count)) return error;
  WrapperScope scope;
  *index = mpi::UNDEFINED;
  *flag = 1;
  if (nothing_started(array_of_requests, count)) return take_nothing(status);
  if (first_complete(array_of_requests, count) < 0) poll_any(array_of_requests, count);
  int found = first_complete(array_of_requests, count);
  *flag = found >= 0 ? 1 : 0;
  if (found < 0) return 0;
  *index = found;
  return take_result(&array_of_requests[found], status);
}

int testsome(int incount, Request** array_of_requests, int* outcount, int* array_of_indices, Status* array_of_statuses) {
  if (int error = check_list(array_of_requests, incount)) return error;
  WrapperScope scope;
  *outcount = mpi::UNDEFINED;
  if (nothing_started(array_of_requests, incount)) return 0;
  poll_any(array_of_requests, incount);
  return take_some(array_of_requests, incount, outcount, array_of_indices, array_of_statuses);
}

int request_get_status(Request* request, int* flag, Status* status) {
  if (request == nullptr) return mpi::ERR_REQUEST;
  WrapperScope scope;
  poll_in_order(&request, 1);
  *flag = request->is_active() ? 0 : 1;
  return *flag != 0 ? look_at_result(request, status) : 0;
}

int request_get_status_all(int count, Request* const* array_of_requests, int* flag, Status* array_of_statuses) {
  if (int error = check_list(array_of_requests, count)) return error;
  WrapperScope scope;
  poll_in_order(array_of_requests, count);
  *flag = none_active(array_of_requests, count) ? 1 : 0;
  if (*flag == 0) return 0;
  bool failed = false;
  for (int i = 0; i < count; ++i) failed |= look_at_result(array_of_requests[i], array_of_statuses != nullptr ? &array_of_statuses[i] : nullptr) != 0;
  return failed ? mpi::ERR_IN_STATUS : 0;
}

int request_get_status_any(int count, Request* const* array_of_requests, int* index, int* flag, Status* status) {
  if (int error = check_list(array_of_requests, count)) return error;
  WrapperScope scope;
  *index = mpi::UNDEFINED;
  *flag = 1;
  if (nothing_started(array_of_requests, count)) return take_nothing(status);
  if (first_complete(array_of_requests, count) < 0) poll_any(array_of_requests, count);
  int found = first_complete(array_of_requests, count);
  *flag = found >= 0 ? 1 : 0;
  if (found < 0) return 0;
  *index = found;
  return look_at_result(array_of_requests[found], status);
}

int request_get_status_some(int incount, Request* const* array_of_requests, int* outcount, int* array_of_indices, Status* array_of_statuses) {
  if (int error = check_list(array_of_requests, incount)) return error;
  WrapperScope scope;
  *outcount = mpi::UNDEFINED;
  if (nothing_started(array_of_requests, incount)) return 0;
  poll_any(array_of_requests, incount);
  bool failed = false;
  int n = 0;
  for (int i = 0; i < incount; ++i) {
    if (!array_of_requests[i]->is_complete()) continue;
    failed |= look_at_result(array_of_requests[i], array_of_statuses != nullptr ? &array_of_statuses[n] : nullptr) != 0;
    array_of_indices[n++] = i;
  }
  *outcount = n;
  return failed ? mpi::ERR_IN_STATUS : 0;
}

int cancel(Request** request) {
  Request* r = *request;
  if (r == nullptr || r == &null_request) return mpi::ERR_REQUEST;
  if (r->cell.kind == RequestKind::collective || r->cell.kind == RequestKind::window || r->cell.kind == RequestKind::flush) return mpi::ERR_REQUEST;
  if (r->cell.kind == RequestKind::generalized) return cancel_generalized(r);
  if (r->is(special::partitioned)) return mpi::ERR_REQUEST;
  WrapperScope scope;
  post_deferred();
  if (!r->is_active() || is_held(r)) return 0;  // complete already, a buffered send, or drained: too late
  if (r->cell.counts == Counts::receive) r->cell.counts = Counts::cancelled_receive;
  if (r->cell.counts == Counts::send || r->cell.counts == Counts::synchronous_send) r->cell.counts = Counts::cancelled_send;
  return static_cast<int>(cross(r, LowerEntry::custom_cancel));
}

int request_free(Request** request) {
  Request* r = *request;
  if (r == nullptr || r == &null_request) return mpi::ERR_REQUEST;
  if (r->cell.kind == RequestKind::collective && !(r->is(special::persistent) && r->cell.state == RequestState::inactive))
    return mpi::ERR_REQUEST;  // MPI 4.1 §6.12
  WrapperScope scope;
  post_deferred();
  *request = &null_request;
  if (r->is_active())
    detach(r);
  else
    release_request(r);
  return 0;
}

}  // namespace mana::api
