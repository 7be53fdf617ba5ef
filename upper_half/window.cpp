// SPDX-License-Identifier: Apache-2.0
// Queries on windows and the memory of dynamic and shared ones: MPI 4.1 §12.2.3, §12.2.4, §12.2.6, §12.2.7.
#include "upper_half/window.hpp"

#include <algorithm>

#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/info.hpp"
#include "upper_half/request.hpp"

namespace mana::api {

int win_attach(Win* win, void* base, std::int64_t size) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (win->flavor != mpi::WIN_FLAVOR_DYNAMIC) return mpi::ERR_RMA_FLAVOR;
  if (size < 0) return mpi::ERR_SIZE;
  WrapperScope scope;
  if (!win->is_alone())
    if (int error = lower_call::win_attach(win->real.bits, base, size); error != 0) return error;
  RequestLock lock;
  win->attached.push_back({base, size});
  return 0;
}

int win_detach(Win* win, const void* base) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (win->flavor != mpi::WIN_FLAVOR_DYNAMIC) return mpi::ERR_RMA_FLAVOR;
  WrapperScope scope;
  RequestLock lock;
  auto found = std::find_if(win->attached.begin(), win->attached.end(), [&](const AttachedMemory& m) { return m.base == base; });
  if (found == win->attached.end()) return mpi::ERR_BASE;
  if (!win->is_alone())
    if (int error = lower_call::win_detach(win->real.bits, base); error != 0) return error;
  win->attached.erase(found);
  return 0;
}

/// MPI 4.1 §12.2.3: MPI_PROC_NULL stands for the lowest rank that has given memory.
int win_shared_query(Win* win, int rank, std::int64_t* size, int* disp_unit, void* baseptr) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (win->flavor != mpi::WIN_FLAVOR_SHARED) return mpi::ERR_RMA_FLAVOR;
  const SharedMemory& memory = *win->shared;
  if (rank == mpi::PROC_NULL)
    for (rank = 0; rank + 1 < memory.ranks() && memory.part(rank).bytes == 0;) ++rank;
  if (rank < 0 || rank >= memory.ranks()) return mpi::ERR_RANK;
  *size = memory.part(rank).bytes;
  *disp_unit = static_cast<int>(memory.part(rank).disp_unit);
  *static_cast<void**>(baseptr) = memory.address(rank);
  return 0;
}

int win_get_group(Win* win, Group** group) {
  if (!usable(win)) return mpi::ERR_WIN;
  retain(win->comm->group);
  *group = win->comm->group;
  return 0;
}

int win_set_name(Win* win, const char* win_name) {
  if (!usable(win)) return mpi::ERR_WIN;
  WrapperScope scope;
  win->name.assign(win_name, strnlen(win_name, 127));
  return 0;
}

int win_get_name(Win* win, char* win_name, int* resultlen) {
  if (win == nullptr) return mpi::ERR_WIN;
  WrapperScope scope;
  *resultlen = copy_text(win->name, win_name);
  return 0;
}

int win_set_info(Win* win, Info* info) {
  if (!usable(win)) return mpi::ERR_WIN;
  if (info == nullptr) return mpi::ERR_INFO;
  WrapperScope scope;
  take_hints(&win->info, info, window_hints);
  return 0;
}

int win_get_info(Win* win, Info** info_used) {
  if (!usable(win)) return mpi::ERR_WIN;
  WrapperScope scope;
  *info_used = hints_in_use(win->info, window_hints);
  return 0;
}

}  // namespace mana::api
