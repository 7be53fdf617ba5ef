// SPDX-License-Identifier: Apache-2.0
// The end of a communicator (MPI 4.1 §7.4.3).
#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/bsend.hpp"
#include "upper_half/collective_request.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/processes.hpp"

namespace mana::api {

namespace {

/// Takes the communicator away from the application. `*barrier` is complete when all members have done so; null for a
/// communicator with processes of another job.
int part(Comm** comm, const char* call, Request** barrier) {
  Comm* c = *comm;
  if (!usable(c) || c == comm_world || c == comm_self) return mpi::ERR_COMM;
  if (c->foreign) return part_from_foreigners(comm, false);
  if (int error = delete_attributes(c, &c->attributes); error != 0) return error;
  WrapperScope scope;
  if (int error = start_collective<lower_call::ibarrier>(call, c, barrier); error != 0) return error;
  abandon_buffer(&c->send_buffer);
  withdraw_handle(c);
  release(c);
  *comm = comm_null;
  return 0;
}

}  // namespace

/// Collective, MPI 4.1 §7.4.3, but waits for nobody, as both MPIs have it: a nonblocking barrier keeps the communicator until
/// every member has let go of it, so that all members or none have it at a restart.
int comm_free(Comm** comm) {
  Request* barrier = nullptr;
  if (int error = part(comm, "MPI_Comm_free", &barrier); error != 0 || barrier == nullptr) return error;
  WrapperScope scope;
  detach(barrier);
  return 0;
}

int comm_disconnect(Comm** comm) {
  if (usable(*comm) && (*comm)->foreign) return part_from_foreigners(comm, true);
  Request* barrier = nullptr;
  if (int error = part(comm, "MPI_Comm_disconnect", &barrier); error != 0) return error;
  WrapperScope scope(ThreadPlace::waiting);
  await_all(&barrier, 1);
  return take_result(&barrier, nullptr);
}

}  // namespace mana::api
