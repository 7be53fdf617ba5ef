// SPDX-License-Identifier: Apache-2.0
// Nonblocking creation of communicators. Compiled against each real mpi.h.
#include <mpi.h>

#include "common/comm_args.hpp"
#include "lower_half/native.hpp"

/// MPI_Comm_idup (MPI 4.1 §7.4.2).
extern "C" std::int64_t lower_custom_comm_idup(void* arguments) {
  using namespace mana;
  using namespace mana::lower;
  auto& a = *static_cast<custom::DuplicateComm*>(arguments);
  MPI_Request request = MPI_REQUEST_NULL;
  int code = PMPI_Comm_idup(native<MPI_Comm>(a.comm), static_cast<MPI_Comm*>(a.place), &request);
  a.request = bits(request);
  return code == MPI_SUCCESS ? 0 : standard_error(code);
}
