// SPDX-License-Identifier: Apache-2.0
// What the two halves know about one upper-half thread. %gs points to its own record in every upper thread.
//
// Records live in upper-half memory and are part of the image; the lower-half addresses in them are refreshed by the
// carrier thread before a restored thread runs. Offsets are used by assembly (upper_half/cross.S): keep them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mana {

/// Where a thread is, as the agent and status output see it.
enum class ThreadPlace : std::uint32_t {
  application = 0,               ///< upper-half code outside of our wrappers
  wrapper = 1,                   ///< in one of our wrappers, at no special place
  blocking_collective = 2,       ///< inside the real MPI's blocking collective
  waiting = 3,                   ///< polling for another rank's action; returns by itself when Gate::stop is set
  blocking_send = 4,             ///< inside the real MPI's blocking send
  parked_before_collective = 5,  ///< held in front of a collective beyond its target
  at_line = 6,                   ///< draining or parked at the checkpoint line
};

struct ThreadRecord {
  ThreadRecord* self;                        // 0
  std::uint64_t upper_fs;                    // 8
  std::uint64_t lower_fs;                    // 16  refreshed on restore
  std::uint64_t lower_stack;                 // 24  top, 16-byte aligned; refreshed on restore
  volatile std::uint32_t in_lower;           // 32  1 from before the FS switch to after it
  volatile std::uint32_t place;              // 36  ThreadPlace; nonzero: the stop signal only sets stop_requested
  volatile std::uint32_t stop_requested;     // 40
  std::uint32_t is_mpi_thread;               // 44  the one that has called MPI_Init
  void* saved_context;                       // 48  fcontext of the upper side while parked
  void* lower_context;                       // 56  fcontext of the lower host; refreshed on restore
  std::int32_t tid;                          // 64
  std::uint32_t is_main;                     // 68
  std::int32_t* tid_address;                 // 72
  void* robust_list;                         // 80
  std::uint64_t robust_list_bytes;           // 88
  std::uint64_t signal_mask;                 // 96  application's mask at park time
  std::uint64_t saved_upper_fs;              // 104
  void* altstack_sp;                         // 112
  std::uint64_t altstack_bytes;              // 120
  std::int32_t altstack_flags;               // 128
  std::int32_t policy;                       // 132 SCHED_*
  ThreadRecord* next;                        // 136
  char name[16];                             // 144
  std::uint64_t affinity[16];                // 160 the kernel's words, as far as they go
  const char* volatile call;                 // 288 name of the MPI function the thread is in, or null
  volatile std::uint64_t call_communicator;  // 296 agreed id, or 0
  volatile std::uint32_t parked_round;       // 304 Gate::resume + 1 of the round this thread is parked for, 0 = runs
  std::uint32_t carrier_incarnation;         // 308 Gate::incarnation of `carrier`
  std::uint64_t carrier;                     // 312 lower half's carrier, 0 when the kernel thread is its own
  volatile std::uint32_t parked_deep;        // 320 = parked_round once the thread has left its upper stack
  volatile std::uint32_t times_held;         // 324 how often the thread was put in front of a collective; raised before `place` says so
  std::int32_t priority;                     // 328 of a real-time policy
  std::int32_t niceness;                     // 332 as getpriority(2) of the kernel tells it: 20 - nice
  volatile std::uint32_t drains;             // 336 Gate::resume + 1 of the round in which this thread drains, 0 = none
};
static_assert(offsetof(ThreadRecord, upper_fs) == 8 && offsetof(ThreadRecord, lower_fs) == 16);
static_assert(offsetof(ThreadRecord, lower_stack) == 24 && offsetof(ThreadRecord, in_lower) == 32);
static_assert(offsetof(ThreadRecord, place) == 36 && offsetof(ThreadRecord, stop_requested) == 40);

/// One communicator as the agreement on a cut sees it. Nodes live in upper memory, linked; `UpperInterface::lock` guards the links.
struct CommunicatorCounter {
  std::uint64_t id;                       // agreed, collision-free, the same on every member
  volatile std::uint64_t entered;         // collectives this rank has entered on it
  volatile std::uint64_t target;          // written by the agent while a checkpoint is pending
  volatile std::uint32_t target_request;  // Gate::pending value that `target` belongs to
  std::uint32_t reserved;
  CommunicatorCounter* next;
};

/// Upper-half memory whose content another rank's image holds: part of a shared segment, mapped again after a restart.
struct UnsavedRange {
  std::uintptr_t start, end;
  UnsavedRange* next;
};

/// What the lower half needs to know of the upper library. One per rank, in the upper library's data.
struct UpperInterface {
  std::uint32_t version;
  std::uint32_t abi;                       // 1 MPICH, 2 Open MPI, 3 standard
  volatile std::uint32_t lock;             // spin lock for the two lists; taken with signals deferred or from the agent
  volatile std::uint32_t mpi_initialized;  // 1 between MPI_Init and MPI_Finalize
  std::int32_t thread_level;               // standard ABI value, as asked for
  std::int32_t rank;
  std::int32_t size;
  volatile std::uint32_t incarnation;  // Gate::incarnation that the real handles belong to
  ThreadRecord* threads;
  CommunicatorCounter* communicators;
  volatile std::uint64_t sent;                // point-to-point messages started, ever
  volatile std::uint64_t received;            // point-to-point messages fully received (or drained), ever
  volatile std::uint32_t active_unsupported;  // live operations or objects that no checkpoint can hold yet
  const char* volatile unsupported_name;
  std::uint64_t stop_signal_handler;        // upper code: void (int, siginfo_t*, void*)
  std::uint64_t stop_signal_restorer;       // upper code: rt_sigreturn
  volatile std::uint32_t threads_starting;  // between pthread_create and the child's attachment
  volatile std::int32_t leaving[64];        // tids of detached threads that may still run libc's exit path
  UnsavedRange* unsaved;                    // guarded by `lock`
};

}  // namespace mana
