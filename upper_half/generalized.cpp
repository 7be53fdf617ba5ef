// SPDX-License-Identifier: Apache-2.0
// Generalized requests: the application's callbacks, in its own ABI.
#include "upper_half/generalized.hpp"

#include "gen/upper_api.hpp"

namespace mana::upper {
namespace {

/// What stands at Request::owned.
struct Callbacks {
  int (*query)(void* extra_state, void* app_status);
  int (*free)(void* extra_state);
  int (*cancel)(void* extra_state, int complete);
  void* extra_state;
  bool fortran = false;  // subroutines, with the error as their last argument
};

int call_subroutine(auto function, auto... arguments) {
  int error = 0;
  auto subroutine = reinterpret_cast<void (*)(decltype(arguments)..., int*)>(reinterpret_cast<void*>(function));
  subroutine(arguments..., &error);
  return error;
}

const Callbacks& callbacks(const Request* r) { return *static_cast<const Callbacks*>(r->owned); }

/// A callback's result is one of the application's error codes.
int internal_error(int app_code) { return app_code == 0 ? 0 : abi().internal_error(app_code); }

}  // namespace

void have_fortran_callbacks(Request* r) { static_cast<Callbacks*>(r->owned)->fortran = true; }

int query_generalized(const Request* r, Status* status) {
  const Callbacks& c = callbacks(r);
  alignas(16) unsigned char app_status[32] = {};
  abi().store_status(app_status, empty_status);
  void* place = app_status;
  int error = internal_error(c.fortran ? call_subroutine(c.query, c.extra_state, place) : c.query(c.extra_state, place));
  if (status == nullptr) return error;
  *status = abi().load_status(app_status);
  status->error = error;
  return error;
}

int take_generalized(Request** slot, Status* status) {
  int error = query_generalized(*slot, status);
  release_request(*slot);
  *slot = &null_request;
  return error;
}

int cancel_generalized(Request* r) {
  const Callbacks& c = callbacks(r);
  int complete = r->is_complete() ? 1 : 0;
  return internal_error(c.fortran ? call_subroutine(c.cancel, c.extra_state, &complete) : c.cancel(c.extra_state, complete));
}

void end_generalized(Request* r) {
  const Callbacks& c = callbacks(r);
  if (c.fortran)
    call_subroutine(c.free, c.extra_state);
  else
    c.free(c.extra_state);
  arena_release(r->owned);
}

}  // namespace mana::upper

namespace mana::api {

int grequest_start(AnyFunction query_fn, AnyFunction free_fn, AnyFunction cancel_fn, void* extra_state, Request** request) {
  if (query_fn == nullptr || free_fn == nullptr || cancel_fn == nullptr) return mpi::ERR_ARG;
  WrapperScope scope;
  auto* record = new (arena_allocate(sizeof(Callbacks))) Callbacks;
  record->query = reinterpret_cast<decltype(record->query)>(query_fn);
  record->free = reinterpret_cast<decltype(record->free)>(free_fn);
  record->cancel = reinterpret_cast<decltype(record->cancel)>(cancel_fn);
  record->extra_state = extra_state;
  Request* r = new_request(RequestKind::generalized);
  r->owned = record;
  r->cell.special = special::generalized;
  r->cell.comm = nullptr;
  r->cell.type = nullptr;
  activate(r, 0, Counts::elsewhere);
  *request = r;
  return 0;
}

/// May be called by any thread, also while another one waits for the request.
int grequest_complete(Request* request) {
  if (request == nullptr || !request->is(special::generalized) || !request->is_active()) return mpi::ERR_REQUEST;
  WrapperScope scope;
  request->cell.status = as_lower(empty_status);
  __atomic_store_n(&request->cell.state, RequestState::complete, __ATOMIC_RELEASE);
  return 0;
}

}  // namespace mana::api
