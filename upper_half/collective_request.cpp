// SPDX-License-Identifier: Apache-2.0
// Life of the requests of nonblocking and persistent collectives.
#include "upper_half/collective_request.hpp"

#include <algorithm>

#include "gen/lower_calls.hpp"

namespace mana::upper {

void keep(TypeArray& a) {
  if (a.types == nullptr) return;
  auto count = static_cast<std::size_t>(a.count);
  auto** copy = static_cast<Datatype**>(arena_allocate(sizeof(Datatype*) * count + 1));
  for (std::size_t i = 0; i < count; ++i) {
    copy[i] = a.types[i];
    keep(copy[i]);
  }
  a.types = copy;
  std::size_t handles = std::max(count, static_cast<std::size_t>(a.room));
  a.real = static_cast<std::uint64_t*>(arena_allocate(sizeof(std::uint64_t) * handles + 1));
  std::fill_n(a.real, handles, 0);
}

void let_go(TypeArray& a) {
  if (a.types == nullptr) return;
  for (int i = 0; i < a.count; ++i)
    if (a.types[i] != nullptr) release(a.types[i]);
  arena_release(const_cast<Datatype**>(a.types));
  arena_release(a.real);
}

/// The real handles are those of the present lower half: every start takes them anew.
const std::uint64_t* lowered(const TypeArray& a) {
  if (a.types == nullptr) return nullptr;
  for (int i = 0; i < a.count; ++i) a.real[i] = bits_of(a.types[i]);
  return a.real;
}

namespace {

/// All that call user functions, also inactive ones; guarded by the InterfaceLock.
CollectiveRecord* with_user_functions = nullptr;

void enlist(CollectiveRecord* record) {
  InterfaceLock lock;
  record->next = with_user_functions;
  with_user_functions = record;
}

void strike_out(const CollectiveRecord* record) {
  InterfaceLock lock;
  CollectiveRecord** link = &with_user_functions;
  while (*link != record) link = &(*link)->next;
  *link = record->next;
}

/// Other threads may have parked because no user's function was pending: this thread must come to the line, too, and at the end of this call.
void come_to_line_with_function(const Request* r) {
  if (stop_wanted() && r->is(special::collective) && static_cast<const CollectiveRecord*>(r->owned)->calls_user_function) this_thread().stop_requested = 1;
}

}  // namespace

void part_from(Comm* comm) {
  std::uint64_t real = 0;
  if (!comm->of_persistent || comm->size == 1 || lower_call::ibarrier(comm->real.bits, &real) != 0) return release(comm);
  Request* r = new_request(RequestKind::collective);
  r->cell.comm = comm;
  r->cell.type = nullptr;
  r->cell.special = special::kept | special::farewell;
  activate(r, real, Counts::nothing);
  detach(r);
}

void note_farewells() {
  requests.each([](const Request* r) {
    if (r->is(special::farewell) && r->is_complete()) r->cell.comm->given_up = true;
  });
}

/// A communicator that not all members have has been given up by all.
void rebuild_farewell(Request* r) {
  std::uint64_t real = 0;
  const std::uint64_t comm = r->cell.comm->real.bits;
  if (comm != real_comm_null() && lower_call::ibarrier(comm, &real) == 0)
    activate(r, real, Counts::nothing);
  else
    complete_at_once(r, empty_status);
}

void attach_record(Request* r, CollectiveRecord* record) {
  r->owned = record;
  r->cell.special |= special::collective;
  record->request = r;
  if (record->calls_user_function) enlist(record);
}

void end_record(Request* r) {
  auto& record = *static_cast<CollectiveRecord*>(r->owned);
  if (record.calls_user_function) strike_out(&record);
  record.end(record);
}

int finish_start(Request* r, int error, std::uint64_t real, Request** request) {
  if (error != 0) {
    count_operation(-1);
    release_request(r);
    return error;
  }
  activate_operation(r, real);
  come_to_line_with_function(r);
  *request = r;
  return 0;
}

Request* make_persistent(CollectiveRecord* record) {
  Request* r = new_request(RequestKind::collective);
  r->cell.special = special::persistent;
  r->cell.comm = nullptr;
  r->cell.type = nullptr;
  attach_record(r, record);
  return r;
}

int start_persistent_collective(Request* r) {
  auto& record = *static_cast<CollectiveRecord*>(r->owned);
  CollectiveScope scope(record.comm, "MPI_Start");
  count_operation();
  std::uint64_t real = 0;
  if (int error = record.start(record, &real); error != 0) {
    count_operation(-1);
    return error;
  }
  activate_operation(r, real);
  come_to_line_with_function(r);
  return 0;
}

bool user_function_pending() {
  for (const CollectiveRecord* record = with_user_functions; record != nullptr; record = record->next)
    if (record->request->is_active()) return true;
  return false;
}

}  // namespace mana::upper
