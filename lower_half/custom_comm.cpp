// SPDX-License-Identifier: Apache-2.0
// Duplicates of communicators: nonblocking ones, and many at once. Compiled against each real mpi.h.
#include <mpi.h>

#include <algorithm>

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

namespace mana::lower {
namespace {

/// Open MPI 4.1 makes sixteen duplicates of one intracommunicator nearly as fast as one; two of an intercommunicator never end where
/// the members' free context ids differ. MPICH 4.0 makes them slower together than one by one.
#if defined(OPEN_MPI)
constexpr std::int64_t together = 16;
#else
constexpr std::int64_t together = 1;
#endif

int duplicate(custom::Duplication* list, std::int64_t count) {
  MPI_Comm made[together];
  if (count == 1) {
    int code = PMPI_Comm_dup(native<MPI_Comm>(list->from), made);
    list->made = bits(made[0]);
    return code;
  }
  MPI_Request requests[together];
  int failure = MPI_SUCCESS;
  for (std::int64_t i = 0; i < count; ++i) {
    int code = PMPI_Comm_idup(native<MPI_Comm>(list[i].from), &made[i], &requests[i]);
    if (code != MPI_SUCCESS) return code;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    int code = PMPI_Wait(&requests[i], MPI_STATUS_IGNORE);
    if (code != MPI_SUCCESS) failure = code;
    list[i].made = bits(made[i]);
  }
  return failure;
}

/// How many of them can be made together.
std::int64_t companions(const custom::Duplication* list, std::int64_t count) {
  int inter = 0;
  PMPI_Comm_test_inter(native<MPI_Comm>(list->from), &inter);
  std::int64_t limit = inter != 0 ? 1 : std::min(together, count), same = 1;
  while (same < limit && list[same].from == list->from) ++same;
  return same;
}

}  // namespace
}  // namespace mana::lower

/// MPI_Comm_dup (MPI 4.1 §7.4.2).
extern "C" std::int64_t lower_custom_comm_dup_all(void* arguments) {
  using namespace mana;
  using namespace mana::lower;
  const auto& a = *static_cast<const custom::DuplicateAll*>(arguments);
  for (std::int64_t done = 0, now = 0; done < a.count; done += now) {
    now = companions(a.list + done, a.count - done);
    int code = duplicate(a.list + done, now);
    if (code != MPI_SUCCESS) return standard_error(code);
  }
  return 0;
}
