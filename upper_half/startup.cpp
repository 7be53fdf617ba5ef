// SPDX-License-Identifier: Apache-2.0
// The upper library comes up: attaches the main thread, then waits for MPI_Init.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/arch.hpp"
#include "common/startup_args.hpp"
#include "gen/lower_calls.hpp"
#include "common/mpi_constants.hpp"
#include "upper_half/caution.hpp"
#include "upper_half/checkpoint.hpp"
#include "upper_half/near_calls.hpp"
#include "upper_half/resident/window.hpp"
#include "upper_half/startup.hpp"
#include "upper_half/thread.hpp"
#include "upper_half/threads.hpp"

extern char** environ;

namespace mana::upper {
namespace {

ThreadRecord main_thread;

bool gate_is_open() {
  unsigned char resident = 0;
  long result = arch::raw_syscall(SYS_mincore, static_cast<long>(gate_address), 4096, arch::word(&resident));
  return result == 0 && gate().magic == gate_magic && gate().version == gate_version;
}

/// The loader gave ld.so a GLIBC_TUNABLES of its own; the application and its children see the user's.
void give_back_environment() {
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, "GLIBC_TUNABLES=", 15) != 0) continue;
    char* ours = std::strstr(*entry, "glibc.pthread.rseq=0");
    if (ours == nullptr) continue;
    if (ours > *entry + 15) {
      ours[-1] = 0;
    } else {
      for (char** rest = entry; *rest != nullptr; ++rest) rest[0] = rest[1];
    }
    return;
  }
}

/// A program without MPI is a job of its own, from now on until it ends.
void join_plain_job() {
  int ignored = 0;
  if (initialize_lower(0, &ignored) != 0) fatal("the job of a program without MPI could not be started");
  this_thread().is_mpi_thread = 0;
}

[[gnu::constructor(101)]] void start_upper_half() {
  if (main_thread.is_main != 0) return;
  if (!gate_is_open()) {
    const char text[] = "mana: this MPI library works only in programs started by mana_launch; run: mana_launch PROGRAM\n";
    (void)!write(2, text, sizeof text - 1);
    _exit(1);
  }
  main_thread.is_main = 1;
  the_interface.version = gate_version;
  the_interface.abi = abi().abi;
  the_interface.rank = -1;
  the_interface.incarnation = gate().incarnation;
  attach_this_thread(main_thread);
  gate().upper = &the_interface;
  window().loaded_objects = reinterpret_cast<std::uint64_t>(&_r_debug);
  install_stop_signal();
  make_crossings_direct();
  give_back_environment();
  if (abi().abi == 0) join_plain_job();
}

/// A program without MPI leaves its job when it ends by itself.
[[gnu::destructor(101)]] void end_upper_half() {
  if (abi().abi == 0 && !in_forked_child()) finalize_lower();
}

}  // namespace

void ensure_upper_half() { start_upper_half(); }

UpperInterface the_interface;

InterfaceLock::InterfaceLock() {
  while (__atomic_exchange_n(&the_interface.lock, 1, __ATOMIC_ACQUIRE) != 0) arch::raw_syscall(SYS_sched_yield);
}
InterfaceLock::~InterfaceLock() { __atomic_store_n(&the_interface.lock, 0, __ATOMIC_RELEASE); }

void fatal(const char* format, ...) {
  char text[1024];
  va_list list;
  va_start(list, format);
  std::vsnprintf(text, sizeof text, format, list);
  va_end(list);
  gate().fatal(text);
  __builtin_unreachable();
}

int initialize_lower(int required, int* provided) {
  WrapperScope scope;
  custom::Initialize arguments{required, 0, 0, 0};
  int code = static_cast<int>(mana_cross(&arguments, lower_call::index(LowerEntry::custom_initialize)));
  if (code != 0) return code;
  this_thread().is_mpi_thread = 1;
  the_interface.thread_level = arguments.provided;
  set_caution(caution::threads_multiple, arguments.provided == mpi::THREAD_MULTIPLE);
  the_interface.rank = arguments.rank;
  the_interface.size = arguments.size;
  if (provided != nullptr) *provided = arguments.provided;
  return 0;
}

int finalize_lower() {
  WrapperScope scope;
  the_interface.mpi_initialized = 0;
  return static_cast<int>(mana_cross(nullptr, lower_call::index(LowerEntry::custom_finalize)));
}

}  // namespace mana::upper
