// SPDX-License-Identifier: Apache-2.0
// Nonblocking creation of communicators. Compiled against each real mpi.h.
#include <mpi.h>

#include "common/comm_args.hpp"
#include "lower_half/native.hpp"

/// MPI_Comm_idup (MPI 4.1 §7.4.2). When it is complete every member has called it, hence started the broadcast.
extern "C" std::int64_t lower_custom_comm_idup(void* arguments) {
  using namespace mana;
  using namespace mana::lower;
  auto& a = *static_cast<custom::DuplicateComm*>(arguments);
  MPI_Comm comm = native<MPI_Comm>(a.comm);
  MPI_Request request = MPI_REQUEST_NULL;
  if (a.agree != 0) {
    int code = PMPI_Ibcast(a.made->agreed, 2, MPI_UINT64_T, 0, comm, &request);
    if (code != MPI_SUCCESS) return standard_error(code);
    a.made->agreement = bits(request);
  }
  int code = PMPI_Comm_idup(comm, reinterpret_cast<MPI_Comm*>(&a.made->real), &request);
  a.request = bits(request);
  return code == MPI_SUCCESS ? 0 : standard_error(code);
}
