// SPDX-License-Identifier: Apache-2.0
// MPI_Comm_idup (MPI 4.1 §7.4.2). The new communicator's object exists from the call on, with everything that is local:
// members, topology, attributes, and its id, of the block that the parent's members have agreed on. So it is in the
// agreement on cuts before any member can use it. The real one comes when the operation completes. If ids for its own duplicates or its parent's
// run out, a block of them comes with it: rank 0 of an intracommunicator proposes one and tells the others in a nonblocking broadcast. Mostly there
// is none: over Open MPI 4.1.4 duplicates and other nonblocking collectives on one communicator disturb each other.
#include <sys/syscall.h>

#include "common/arch.hpp"
#include "common/comm_args.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/collective_request.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/info.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/processes.hpp"
#include "upper_half/topology.hpp"

namespace mana::upper {
namespace {

constexpr double duplication_patience_s = 1;
constexpr const char* why_not = "one of very many duplicates by MPI_Comm_idup of an intercommunicator, or of their duplicates,";

/// Keeps the parent until the operation completes, and the place where the real MPI puts the handle.
struct PendingDuplicate : CollectiveRecord {
  custom::NewComm made{};
  bool agrees = false;

  explicit PendingDuplicate(Comm* parent) : CollectiveRecord{&begin, &finish, parent, false} { retain(parent); }
  static int begin(CollectiveRecord& record, std::uint64_t* real) {
    auto& self = static_cast<PendingDuplicate&>(record);
    custom::DuplicateComm a{self.comm->real.bits, &self.made, self.agrees ? 1u : 0u, 0, 0};
    int error = static_cast<int>(cross(&a, LowerEntry::custom_comm_idup));
    *real = a.request;
    return error;
  }
  static void finish(CollectiveRecord& record) {
    auto& self = static_cast<PendingDuplicate&>(record);
    if (self.comm->duplication == self.request) self.comm->duplication = nullptr;
    release(self.comm);
    destroy(&self);
  }
};

/// The object, with an id. Rank 0's proposals go into `pending.made`.
Comm* draft_duplicate(Comm* parent, PendingDuplicate& pending) {
  bool in_the_middle = false;
  const IdSlice slice = parent->foreign ? IdSlice{} : parent->child_ids.take(&in_the_middle);
  Comm* fresh = make_duplicate(parent, slice.first != 0 ? slice.first : unagreed_id());
  fresh->child_ids = ChildIds::behind(slice);
  fresh->unagreed = slice.first == 0;
  if (fresh->unagreed) forbid_cuts(why_not);
  const bool has_no_more = slice.count == 1;
  pending.agrees = parent->inter == 0 && !parent->foreign && (has_no_more || in_the_middle);
  if (!pending.agrees) return fresh;
  custom::NewComm& made = pending.made;
  if (has_no_more) made.places[0] = fresh->child_ids.next();
  if (in_the_middle) made.places[1] = parent->child_ids.next();
  if (parent->rank != 0) return fresh;
  if (has_no_more) made.agreed[0] = propose_block();
  if (in_the_middle) made.agreed[1] = propose_block();
  return fresh;
}

int start_duplicate(Comm* comm, const Info* info, Attributes attributes, const char* call, Comm** newcomm, Request** request) {
  let_duplicate_finish(comm);
  CollectiveScope scope(comm, call);
  Request* r = new_request(RequestKind::collective);
  auto* record = create<PendingDuplicate>(comm);
  attach_record(r, record);
  std::uint64_t real = 0;
  count_operation();
  Comm* fresh = draft_duplicate(comm, *record);
  if (int error = record->start(*record, &real); error != 0) {
    count_operation(-1);
    fresh->real.bits = real_comm_null();
    release(fresh);
    release_request(r);
    return error;
  }
  *newcomm = fresh;
  (*newcomm)->attributes = std::move(attributes);
  take_hints(&(*newcomm)->info, info, comm_hints);
  r->cell.comm = *newcomm;
  r->cell.type = nullptr;
  r->cell.buffer = &record->made;
  activate(r, real, Counts::creation);
  comm->duplication = r;
  *request = r;
  return 0;
}

/// Copy callbacks are user code and run outside of any scope, at the time of the call.
int duplicate_later(Comm* comm, const Info* info, const char* call, Comm** newcomm, Request** request) {
  if (!usable(comm)) return mpi::ERR_COMM;
  Attributes attributes;
  if (int error = copy_attributes(comm, comm->attributes, &attributes); error != 0) return error;
  return start_duplicate(comm, info, std::move(attributes), call, newcomm, request);
}

}  // namespace

void wait_for_duplication(Comm* comm) {
  if (gate().lower_mpi != 2 || comm->impatient) return;
  WrapperScope scope(ThreadPlace::waiting);
  Request* const r = comm->duplication;
  const double until = api::wtime() + duplication_patience_s;
  while (comm->duplication == r && r->is_active()) {
    if (api::wtime() > until) {
      comm->impatient = true;
      return;
    }
    if (stop_wanted()) checkpoint_line();
    poll_in_order(&r, 1);
    arch::raw_syscall(SYS_sched_yield);
  }
}

}  // namespace mana::upper

namespace mana::api {

int comm_idup(Comm* comm, Comm** newcomm, Request** request) { return duplicate_later(comm, nullptr, "MPI_Comm_idup", newcomm, request); }

int comm_idup_with_info(Comm* comm, Info* info, Comm** newcomm, Request** request) {
  if (info == nullptr) return mpi::ERR_INFO;
  return duplicate_later(comm, info, "MPI_Comm_idup_with_info", newcomm, request);
}

}  // namespace mana::api
