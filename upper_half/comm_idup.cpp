// SPDX-License-Identifier: Apache-2.0
// MPI_Comm_idup (MPI 4.1 §7.4.2). The new communicator's object exists from the call on, with everything that is local:
// members, topology, attributes, and its agreed id, for which no member needs to hear from another. So it is in the
// agreement on cuts before any member can use it. The real one comes when the operation completes.
#include "common/comm_args.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/collective_request.hpp"
#include "upper_half/cross.hpp"
#include "upper_half/info.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/topology.hpp"

namespace mana::upper {
namespace {

/// Keeps the parent until the operation completes, and the place where the real MPI puts the handle.
struct PendingDuplicate : CollectiveRecord {
  std::uint64_t place = 0;

  explicit PendingDuplicate(Comm* parent) : CollectiveRecord{&begin, &finish, parent, false} { retain(parent); }
  static int begin(CollectiveRecord& record, std::uint64_t* real) {
    auto& self = static_cast<PendingDuplicate&>(record);
    custom::DuplicateComm a{self.comm->real.bits, &self.place, 0};
    int error = static_cast<int>(cross(&a, LowerEntry::custom_comm_idup));
    *real = a.request;
    return error;
  }
  static void finish(CollectiveRecord& record) {
    auto& self = static_cast<PendingDuplicate&>(record);
    release(self.comm);
    destroy(&self);
  }
};

int start_duplicate(Comm* comm, const Info* info, Attributes attributes, const char* call, Comm** newcomm, Request** request) {
  CollectiveScope scope(comm, call);
  Request* r = new_request(RequestKind::collective);
  auto* record = create<PendingDuplicate>(comm);
  attach_record(r, record);
  std::uint64_t real = 0;
  count_operation();
  if (int error = record->start(*record, &real); error != 0) {
    count_operation(-1);
    release_request(r);
    return error;
  }
  *newcomm = make_duplicate(comm);
  (*newcomm)->attributes = std::move(attributes);
  take_hints(&(*newcomm)->info, info, comm_hints);
  r->cell.comm = *newcomm;
  r->cell.type = nullptr;
  r->cell.buffer = &record->place;
  activate(r, real, Counts::creation);
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
}  // namespace mana::upper

namespace mana::api {

int comm_idup(Comm* comm, Comm** newcomm, Request** request) {
  return duplicate_later(comm, nullptr, "MPI_Comm_idup", newcomm, request);
}

int comm_idup_with_info(Comm* comm, Info* info, Comm** newcomm, Request** request) {
  if (info == nullptr) return mpi::ERR_INFO;
  return duplicate_later(comm, info, "MPI_Comm_idup_with_info", newcomm, request);
}

}  // namespace mana::api
