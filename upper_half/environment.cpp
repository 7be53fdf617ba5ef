// SPDX-License-Identifier: Apache-2.0
// Start and end of MPI, versions, clocks, memory: MPI 4.1 §9.1, §9.2, §9.6, §11.2, §11.4.
#include "upper_half/environment.hpp"

#include <cstdlib>
#include <ctime>
#include <unistd.h>

#include "common/mpi_constants.hpp"
#include "gen/upper_api.hpp"
#include "upper_half/collectives.hpp"
#include "upper_half/comm.hpp"
#include "upper_half/errhandler.hpp"
#include "upper_half/info.hpp"
#include "upper_half/partitioned.hpp"
#include "upper_half/rebuild.hpp"
#include "upper_half/request.hpp"
#include "upper_half/session.hpp"
#include "upper_half/startup.hpp"
#include "upper_half/thread.hpp"

namespace mana::upper {
namespace {

enum class Life { before, running, over };
volatile Life life = Life::before;
ThreadRecord* main_thread;
double clock_offset;

double seconds(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

bool down = false;

/// All ranks leave together.
int take_down_mpi() {
  WrapperScope scope;
  await_detached_sends();
  await_freed_communicators();
  CollectiveScope collective(comm_world, "MPI_Finalize");
  down = true;
  free_substitutes();
  return finalize_lower();
}

/// A program that has used only sessions exits without MPI_Finalize.
void end_at_exit() {
  if (interface().mpi_initialized != 0 && !down && life != Life::running && open_sessions() == 0) take_down_mpi();
}

int start_mpi(int required, int* provided) {
  if (life != Life::before) return mpi::ERR_OTHER;
  WrapperScope scope;
  if (int error = bring_up_mpi(required, provided); error != 0) return error;
  fill_info_env(required);
  life = Life::running;
  return 0;
}

}  // namespace

int bring_up_mpi(int required, int* provided) {
  if (down) return mpi::ERR_OTHER;
  *provided = interface().thread_level;
  if (interface().mpi_initialized != 0) return 0;
  WrapperScope scope;
  if (int error = initialize_lower(required, provided); error != 0) return error;
  main_thread = &this_thread();
  attach_world();
  set_clock();
  interface().mpi_initialized = 1;
  std::atexit(end_at_exit);
  return prepare_partitioned();
}

int take_down_mpi_if_over() { return life == Life::over && open_sessions() == 0 && !down ? take_down_mpi() : 0; }

/// Monotonic within one process; from one to the next it follows the time of day.
void set_clock() { clock_offset = seconds(CLOCK_REALTIME) - seconds(CLOCK_MONOTONIC); }

}  // namespace mana::upper

namespace mana::api {

int init(int*, char***) {
  int provided = 0;
  return start_mpi(mpi::THREAD_SINGLE, &provided);
}

int init_thread(int*, char***, int required, int* provided) { return start_mpi(required, provided); }

/// MPI 4.1 §11.4.2: attributes of MPI_COMM_SELF go first, newest first; then all ranks leave together.
int finalize() {
  if (life != Life::running) return mpi::ERR_OTHER;
  if (int error = delete_attributes(comm_self, &comm_self->attributes); error != 0) return error;
  {
    WrapperScope scope;
    await_detached_sends();
  }
  life = Life::over;
  return take_down_mpi_if_over();
}

int initialized(int* flag) {
  *flag = life != Life::before;
  return 0;
}

int finalized(int* flag) {
  *flag = life == Life::over;
  return 0;
}

int query_thread(int* provided) {
  *provided = interface().thread_level;
  return 0;
}

int is_thread_main(int* flag) {
  *flag = main_thread == &this_thread();
  return 0;
}

/// The real MPI says so on stderr; MPI 4.1 §9.4 lets it end the whole job whatever the communicator.
int abort(Comm*, int errorcode) { abort_job(errorcode); }

int get_version(int* version, int* subversion) {
  *version = abi().version;
  *subversion = abi().subversion;
  return 0;
}

int get_library_version(char* version, int* resultlen) {
  *resultlen = copy_text(abi().library_version, std::strlen(abi().library_version), version);
  return 0;
}

int get_processor_name(char* name, int* resultlen) {
  char host[256];
  if (gethostname(host, sizeof host) != 0) return mpi::ERR_OTHER;
  host[sizeof host - 1] = 0;
  *resultlen = copy_text(host, std::strlen(host), name, 128);
  return 0;
}

double wtime() { return seconds(CLOCK_MONOTONIC) + clock_offset; }
double wtick() { return 1e-9; }

/// The application's memory, saved like all of it; so no memory of the real MPI.
int alloc_mem(std::int64_t size, Info*, void* baseptr) {
  if (size < 0) return mpi::ERR_ARG;
  void* block = nullptr;
  if (posix_memalign(&block, 64, size == 0 ? 64 : static_cast<std::size_t>(size)) != 0) return mpi::ERR_NO_MEM;
  *static_cast<void**>(baseptr) = block;
  return 0;
}

int free_mem(void* base) {
  std::free(base);
  return 0;
}

int pcontrol(int) { return 0; }

}  // namespace mana::api
