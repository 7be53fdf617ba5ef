// SPDX-License-Identifier: Apache-2.0
// Starting processes. Compiled against each real mpi.h.
#include <mpi.h>

#include "common/spawn_args.hpp"
#include "lower_half/native.hpp"

/// MPI_Comm_spawn and MPI_Comm_spawn_multiple (MPI 4.1 §11.8.2, §11.8.3).
extern "C" std::int64_t lower_custom_spawn(void* arguments) {
  using namespace mana;
  using namespace mana::lower;
  auto& a = *static_cast<custom::Spawn*>(arguments);
  HandleArray<MPI_Info> infos(a.infos, a.infos == nullptr ? 0 : a.count);
  MPI_Comm intercomm = MPI_COMM_NULL;
  int code = PMPI_Comm_spawn_multiple(a.count, a.commands, a.argvs == nullptr ? MPI_ARGVS_NULL : a.argvs, a.processes, infos.data(), a.root,
                                      native<MPI_Comm>(a.comm), &intercomm, MPI_ERRCODES_IGNORE);
  a.intercomm = bits(intercomm);
  return code == MPI_SUCCESS ? 0 : standard_error(code);
}
