// SPDX-License-Identifier: Apache-2.0
// Making and freeing windows, MPI 4.1 §12.2: their memory, their family and their real window; and remaking the real windows
// after a restart, in ascending order of the ids that the members agree on.
#include <algorithm>

#include "gen/lower_calls.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/collectives.hpp"
#include "upper_half/errhandler.hpp"
#include "upper_half/info.hpp"
#include "upper_half/predefined.hpp"
#include "upper_half/rebuild.hpp"
#include "upper_half/request.hpp"
#include "upper_half/window.hpp"

namespace mana::upper {
namespace {

int close_windows(Win& win) {
  int error = win.is_alone() ? 0 : close_real(&win.real.bits);
  int left = leave_family(&win);
  return error != 0 ? error : left;
}

/// What a rank says of its part when the real window begins elsewhere.
struct Part {
  std::int64_t shift, unit, host;
};

/// Tells everybody where this rank's memory begins in the real window.
int gather_places(Win& win, std::int64_t shift, std::uint64_t comm) {
  Vector<Part> parts;
  parts.resize(static_cast<std::size_t>(win.comm->size));
  Part mine{shift, win.disp_unit, static_cast<std::int64_t>(host_identity())};
  std::uint64_t word = predefined_datatype(mpi::INT64_T)->real.bits;
  if (int error = lower_call::allgather(&mine, 3, word, parts.data(), 3, word, comm); error != 0) return error;
  win.places.clear();
  for (const Part& part : parts) win.places.push_back({part.shift, part.unit});
  win.one_host = std::all_of(parts.begin(), parts.end(), [&](const Part& part) { return part.host == mine.host; });
  return 0;
}

/// UCX 1.13 below MPICH 4.0.2 puts and gets from the last multiple of 16 on when a window begins elsewhere, while its
/// accumulates are right. So no real window of MPICH begins elsewhere.
constexpr std::int64_t whole_cell = 16;

int find_places(Win& win, std::uint64_t comm) {
  win.places.clear();
  bool page_aligned = win.flavor == mpi::WIN_FLAVOR_ALLOCATE;
  if (gate().lower_mpi != 1 || page_aligned) return 0;
  auto shift = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(win.base) % whole_cell);
  if (int error = gather_places(win, shift, comm); error != 0) return error;
  if (std::all_of(win.places.begin(), win.places.end(), [](const Place& p) { return p.shift == 0; })) win.places.clear();
  return 0;
}

int make_window_over_memory(Win& win, std::uint64_t comm) {
  std::uint64_t no_info = real_predefined(mpi::INFO_NULL);
  if (int error = find_places(win, comm); error != 0) return error;
  if (win.places.empty()) return lower_call::win_create(win.base, win.size, win.disp_unit, no_info, comm, &win.real.bits);
  std::int64_t shift = win.places[static_cast<std::size_t>(win.comm->rank)].shift;
  return lower_call::win_create(static_cast<char*>(win.base) - shift, win.size + shift, 1, no_info, comm, &win.real.bits);
}

/// Open MPI's ranks reach memory that it has allocated itself on their own node as if it were theirs, and get_accumulates of derived types are
/// right only there (4.1.4). So the real window allocates, and the program's memory shows those pages. No window where they can't be shown.
int make_allocated_window(Win& win, std::uint64_t comm) {
  std::uint64_t real = 0;
  void* there = nullptr;
  std::int64_t bytes = win.own_memory.bytes();
  if (bytes != 0) bytes += page_bytes;
  if (int error = lower_call::win_allocate(bytes, 1, real_predefined(mpi::INFO_NULL), comm, &there, &real); error != 0) return error;
  auto begin = reinterpret_cast<std::uintptr_t>(there);
  std::int64_t shift = bytes == 0 ? 0 : static_cast<std::int64_t>(-begin % page_bytes);
  if (int error = gather_places(win, shift, comm); error != 0) return error;
  bool content = win.vid != 0;  // remade after a restart
  if (!all_of(*win.comm, win.own_memory.take_pages(static_cast<char*>(there) + shift, content))) return lower_call::win_free(&real);
  win.allocated_there = true;
  win.real.bits = real;
  return 0;
}

int make_dynamic_window(Win& win, std::uint64_t comm) {
  int error = lower_call::win_create_dynamic(real_predefined(mpi::INFO_NULL), comm, &win.real.bits);
  for (const AttachedMemory& m : win.attached)
    if (error == 0) error = lower_call::win_attach(win.real.bits, m.base, m.bytes);
  return error;
}

int make_data_window(Win& win, std::uint64_t comm) {
  win.allocated_there = false;
  if (win.flavor == mpi::WIN_FLAVOR_DYNAMIC) return make_dynamic_window(win, comm);
  if (win.flavor == mpi::WIN_FLAVOR_ALLOCATE && gate().lower_mpi == 2)
    if (int error = make_allocated_window(win, comm); error != 0 || win.allocated_there) return error;
  return make_window_over_memory(win, comm);
}

/// The values of C's enumerations in the application's ABI.
void set_enumerations(Win& win) {
  bool standard = abi().abi == 3;
  win.app_flavor = standard ? win.flavor : win.flavor - mpi::WIN_FLAVOR_CREATE + 1;
  win.app_model = standard ? mpi::WIN_UNIFIED : abi().abi == 1 ? 2 : 0;
}

/// From here on the drain, in another thread, does not find it.
void take_out(Win* win) {
  RequestLock lock;
  if (win->vid != 0) win_slots.remove(win);
}

void destroy_window(Win* win) {
  win->own_memory.release();
  if (win->shared != nullptr) win->shared->release();
  destroy(win->shared);
  release(win->errhandler);
  release(win->info);
  destroy(win);
}

bool wants_parts_apart(const Info* info) {
  const Text* value = usable(info) ? info->find("alloc_shared_noncontig") : nullptr;
  return value != nullptr && *value == "true";
}

int give_memory(Win& win, Info* info) {
  if (win.flavor == mpi::WIN_FLAVOR_SHARED) {
    win.shared = create<SharedMemory>();
    int error = win.shared->create(*win.comm, win.size, win.disp_unit, wants_parts_apart(info));
    if (error == 0) win.base = win.shared->address(win.comm->rank);
    return error;
  }
  bool enough = win.own_memory.allocate(win.size);
  win.base = win.own_memory.base();
  int mine = enough ? 1 : 0, all = 0;
  std::uint64_t integer = predefined_datatype(mpi::INT)->real.bits;
  int error = lower_call::allreduce(&mine, &all, 1, integer, real_predefined(mpi::MIN), win.comm->real.bits);
  return error != 0 ? error : all != 0 ? 0 : mpi::ERR_NO_MEM;
}

/// The barrier at the end keeps every rank here, making progress, until the last one has opened its windows.
int make_real(Win& win) {
  if (win.is_alone()) return 0;
  std::uint64_t comm = win.comm->real.bits;
  int error = make_data_window(win, comm);
  if (error == 0) error = open_for_ever(win.real.bits);
  return error != 0 ? error : lower_call::barrier(comm);
}

int open_window(Win& win, Comm* parent, Info* info) {
  if (int error = join_family(&win, parent); error != 0) return error;
  bool allocates = win.flavor == mpi::WIN_FLAVOR_ALLOCATE || win.flavor == mpi::WIN_FLAVOR_SHARED;
  if (allocates)
    if (int error = give_memory(win, info); error != 0) return error;
  return make_real(win);
}

/// The common part of every creation: collective over `parent`.
int create_window(const char* call, int flavor, void* base, std::int64_t size, int disp_unit, Info* info, Comm* parent, Win** out) {
  if (!usable(parent) || parent->inter != 0) return mpi::ERR_COMM;
  if (info == nullptr) return mpi::ERR_INFO;
  if (size < 0) return mpi::ERR_SIZE;
  if (disp_unit <= 0) return mpi::ERR_DISP;
  WrapperScope scope;
  CollectiveScope collective(parent, call);
  auto* win = create<Win>();
  win->flavor = flavor;
  win->base = base;
  win->size = size;
  win->disp_unit = disp_unit;
  set_enumerations(*win);
  if (int error = open_window(*win, parent, info); error != 0) {
    leave_family(win);
    destroy_window(win);
    return error;
  }
  take_hints(&win->info, info, window_hints);
  win_slots.put(win);
  *out = win;
  return 0;
}

void must(int error, const char* what) {
  if (error != 0) fatal("restart: can't remake a window: %s (MPI error class %d)", what, error);
}

void share_memory_again(const Win& win) {
  int error = win.shared->share_again(*win.comm);
  if (error == mpi::ERR_RMA_SHARED) fatal("restart: the ranks of a window of MPI_Win_allocate_shared are on different nodes now; restart them on one node");
  must(error, "its shared memory");
}

}  // namespace

/// Errors come back to us, and every operation is allowed from now on.
int open_for_ever(std::uint64_t real) {
  lower_call::win_set_errhandler(real, real_predefined(mpi::ERRORS_RETURN));
  return lower_call::win_lock_all(mpi::MODE_NOCHECK, real);
}

int close_real(std::uint64_t* real) {
  int unlocked = lower_call::win_unlock_all(*real);
  int freed = lower_call::win_free(real);
  return unlocked != 0 ? unlocked : freed;
}

void rebuild_windows() {
  for (WindowFamily* family : window_families()) {
    must(make_control(*family), "MPI_Win_create");
    for (Win* win : family->members) {
      if (win == nullptr) continue;
      if (win->shared != nullptr) share_memory_again(*win);
      must(make_real(*win), "MPI_Win_create");
    }
  }
}

}  // namespace mana::upper

namespace mana::api {

int win_create(void* base, std::int64_t size, int disp_unit, Info* info, Comm* comm, Win** win) {
  return create_window("MPI_Win_create", mpi::WIN_FLAVOR_CREATE, base, size, disp_unit, info, comm, win);
}

int win_create_dynamic(Info* info, Comm* comm, Win** win) {
  return create_window("MPI_Win_create_dynamic", mpi::WIN_FLAVOR_DYNAMIC, nullptr, 0, 1, info, comm, win);
}

int win_allocate(std::int64_t size, int disp_unit, Info* info, Comm* comm, void* baseptr, Win** win) {
  int error = create_window("MPI_Win_allocate", mpi::WIN_FLAVOR_ALLOCATE, nullptr, size, disp_unit, info, comm, win);
  if (error == 0) *static_cast<void**>(baseptr) = (*win)->base;
  return error;
}

int win_allocate_shared(std::int64_t size, int disp_unit, Info* info, Comm* comm, void* baseptr, Win** win) {
  int error = create_window("MPI_Win_allocate_shared", mpi::WIN_FLAVOR_SHARED, nullptr, size, disp_unit, info, comm, win);
  if (error == 0) *static_cast<void**>(baseptr) = (*win)->base;
  return error;
}

/// MPI 4.1 §12.2.5: collective; what any rank has issued is complete before the first one frees its part.
int win_free(Win** win) {
  Win* w = *win;
  if (!usable(w)) return mpi::ERR_WIN;
  if (w->in_passive_epoch() || w->started || w->posted) return mpi::ERR_RMA_SYNC;
  if (int error = delete_attributes(w, &w->attributes); error != 0) return error;
  WrapperScope scope;
  if (int error = complete_operations(*w); error != 0) return error;
  {
    CollectiveScope collective(w->comm, "MPI_Win_free");
    if (int error = lower_call::barrier(w->comm->real.bits); error != 0) return error;
    take_out(w);
    if (int error = close_windows(*w); error != 0) return error;
  }
  destroy_window(w);
  *win = win_null;
  return 0;
}

}  // namespace mana::api
