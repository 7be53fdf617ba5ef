// SPDX-License-Identifier: Apache-2.0
// Duplicates of communicators: nonblocking ones, and many in one crossing. Compiled against each real mpi.h.
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

/// MPI_Comm_dup (MPI 4.1 §7.4.2), one after the other: several MPI_Comm_idup at once hang in Open MPI 4.1.4 now and then, and MPICH 4.0 is
/// slower with them.
extern "C" std::int64_t lower_custom_comm_dup_all(void* arguments) {
  using namespace mana;
  using namespace mana::lower;
  const auto& a = *static_cast<const custom::DuplicateAll*>(arguments);
  for (custom::Duplication* d = a.list; d != a.list + a.count; ++d) {
    MPI_Comm made = MPI_COMM_NULL;
    if (int code = PMPI_Comm_dup(native<MPI_Comm>(d->from), &made); code != MPI_SUCCESS) return standard_error(code);
    d->made = bits(made);
  }
  return 0;
}
