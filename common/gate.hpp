// SPDX-License-Identifier: Apache-2.0
// The gate page: the contract between the two halves of a rank, at one fixed address.
//
// Every fresh lower half maps and fills it anew; it is never part of an image. Upper-half memory holds no
// other lower-half address across a checkpoint. Version history: 1 first version; 2 `all_stopped`,
// UpperInterface::unsaved; 3 thread ids of the program;
// 4 every call that makes a descriptor is redirected; 5 the door table; 6 entries that are functions of the real MPI;
// 7 the third of WindowWords; 8 child processes that are followed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mana {

/// Where the gate lies in every rank of every job: below 2 GiB (so that `call *[disp32]` reaches it) and below
/// where GNU ld (0x400000), lld and mold (0x200000) link non-PIE programs.
inline constexpr std::uintptr_t gate_address = 0x100000;
inline constexpr std::size_t gate_bytes = 0x8000;
inline constexpr std::uint64_t gate_magic = 0x31657461674d414eULL;
inline constexpr std::uint32_t gate_version = 8;

/// The window: every upper-half mapping lies in it, or below `low_end` (the range of non-PIE programs); the kernel
/// places nothing there by itself. "The image" is exactly the mappings in these two ranges, without the gate.
inline constexpr std::uintptr_t window_begin = 0x100000000000;
inline constexpr std::uintptr_t window_end = 0x200000000000;
inline constexpr std::uintptr_t low_begin = 0x10000;
inline constexpr std::uintptr_t low_end = 0x100000000;

/// System calls whose sites in upper-half code are redirected through the gate.
// clang-format off
enum class Redirected : std::uint32_t {
  mmap, brk, mremap, shmat, munmap, openat, open, creat, close, dup, dup2, dup3, fcntl, readlink, readlinkat,
  rt_sigaction, rt_sigprocmask, close_range, pipe, pipe2,
  kill, tgkill, nanosleep, clock_nanosleep, poll, epoll_wait, epoll_pwait, futex, semtimedop, rt_sigtimedwait,
  socket, socketpair, accept, accept4, epoll_create, epoll_create1, eventfd2, timerfd_create, signalfd4, inotify_init1, memfd_create,
  gettid, tkill, rt_tgsigqueueinfo, sched_setaffinity, sched_getaffinity, sched_setscheduler, sched_getscheduler, sched_setparam,
  sched_getparam, getpriority, setpriority, madvise, inotify_add_watch,
  ioctl, recvmsg, recvmmsg, openat2, open_by_handle_at, inotify_init, eventfd, signalfd, mq_open, pidfd_open, pidfd_getfd, memfd_secret,
  userfaultfd, io_uring_setup, perf_event_open, fanotify_init, wait4, waitid, getpgid, getsid, setpgid, fork, execve,
  getpid, getppid, getpgrp, rt_sigqueueinfo, prlimit64, set_tid_address, count
};
// clang-format on

/// Functions of the kernel's vDSO, in the order of `Gate::vdso`.
enum class Vdso : std::uint32_t { clock_gettime, gettimeofday, time, getcpu, clock_getres, count };

inline constexpr std::size_t max_lower_entries = 2048;

/// The door table (lower_half/door_table.hpp): a jump for each entry.
inline constexpr std::size_t door_jump_bytes = 8, door_table_bytes = max_lower_entries * door_jump_bytes;
inline constexpr std::uintptr_t door_table_address = window_begin - 0x10000;

struct UpperInterface;
struct ThreadRecord;

/// What stands at `gate_address`. Lower half writes, both halves read, unless a field says otherwise.
struct Gate {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t bytes;

  /// 1 where user code may use wrfsbase/wrgsbase; 0: arch_prctl.
  std::uint32_t has_fsgsbase;
  /// MPI underneath: 0 none, 1 MPICH, 2 Open MPI.
  std::uint32_t lower_mpi;
  /// Incremented in the image's memory terms: number of restarts in this job's chain; 0 at launch.
  std::uint32_t incarnation;

  /// A checkpoint has been asked for: nonzero = its request number. Collectives take their slow path.
  volatile std::uint32_t pending;
  /// The cut is reached: leave the lower half, go to the checkpoint line.
  volatile std::uint32_t stop;
  /// 1: job-wide, all messages have been received: the MPI thread may leave the drain and park. 2: so it may, for the round was given up.
  volatile std::uint32_t drained;
  /// The MPI thread stands at the line and drains. Written by the upper half.
  volatile std::uint32_t at_line;
  /// `stop` is set on every rank of the job: what the application has not received yet may be received into memory.
  volatile std::uint32_t all_stopped;
  /// Incremented when parked threads may go on (futex word).
  volatile std::uint32_t resume;
  /// Targets for the current request have been written (= its request number).
  volatile std::uint32_t targets_known;

  /// Written by the upper library's constructor (and by restore from the image).
  UpperInterface* volatile upper;

  /// Attaches the calling upper thread: gives its record a lower TLS, stack and host context. Called on the upper
  /// stack with the upper FS base; uses no upper libc.
  int (*attach_thread)(ThreadRecord* record);
  void (*detach_thread)(ThreadRecord* record);
  /// Prints one line with rank, half and phase and ends the rank (exit code 1); never returns.
  void (*fatal)(const char* message);

  const void* vdso[static_cast<std::size_t>(Vdso::count)];

  /// 1: child processes become part of the job (lower_half/family.hpp). What they are started with when they execute a program.
  volatile std::uint32_t follows;
  const char* follow_program;
  const char* follow_wishes;
  /// fork(2), through the lower half's libc: the door of an entry that takes the address of the child's thread id.
  std::int64_t (*fork_process)(void* thread_id);

  std::uint32_t lower_entry_count;
  /// What the real MPI calls MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_STATUS_IGNORE and MPI_IN_PLACE.
  std::int32_t any_source, any_tag;
  /// 1: a restart cuts files off where they ended at the checkpoint.
  std::uint32_t truncate_files;
  void* status_ignore;
  const void* in_place;
  /// Entry points of the real MPI by generated index: `int64 entry(void* arguments)`.
  std::int64_t (*lower_entries[max_lower_entries])(void* arguments);
};
static_assert(sizeof(Gate) <= gate_bytes);

[[gnu::always_inline]] inline Gate& gate() { return *reinterpret_cast<Gate*>(gate_address); }

}  // namespace mana
