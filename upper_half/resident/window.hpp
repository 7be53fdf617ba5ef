// SPDX-License-Identifier: Apache-2.0
// The window's own state: the first pages of the window, saved with every image. Everything that redirected system
// calls must remember stands here, at a fixed address, so that a restarted rank goes on with the same allocator.
// Lock-free: a thread may be stopped for a checkpoint inside any of the functions that use it.
// Version history: 1 first version; 2 thread ids; 3 more stubs, loaded_objects, ended_children; 4 more stubs, calls that make descriptors;
// 5 argument strings; 6 relatives.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/gate.hpp"
#include "common/interrupted_call.hpp"

namespace mana {

inline constexpr std::uint64_t window_magic = 0x776f646e69774dULL;
inline constexpr std::uint32_t window_version = 6;
inline constexpr std::uintptr_t window_state_address = window_begin;
inline constexpr std::size_t window_state_bytes = 0x10000;
/// Where the resident code (syscall stubs, signal door, synthetic vDSO) is linked and mapped.
inline constexpr std::uintptr_t resident_address = window_begin + 0x10000;
inline constexpr std::uintptr_t window_stack_limit = window_begin + 0x80000000;  // stack of the main thread ends below
inline constexpr std::uintptr_t window_brk_start = window_begin + 0x100000000;   // + 4 GiB
inline constexpr std::uintptr_t window_brk_limit = window_begin + 0x2000000000;  // 128 GiB
/// The program and its libraries, as far as they go: near the lower half (lower_half/door_table.hpp).
inline constexpr std::uintptr_t window_near_start = window_begin + 0x1000000, window_near_end = window_begin + 0x40000000;
inline constexpr std::uintptr_t window_mmap_start = window_begin + 0x2000000000;
inline constexpr std::uintptr_t window_mmap_end = window_end - 0x100000000;

inline constexpr std::uint32_t tracked_descriptors = 65536;
/// Threads of a restarted program whose ids are translated; those of more threads are the kernel's new ones.
inline constexpr std::uint32_t tracked_thread_ids = 2048;
/// Stops upper threads for a checkpoint; never visible to the application.
inline constexpr int stop_signal = 62;

struct KernelSigaction {
  std::uint64_t handler;
  std::uint64_t flags;
  std::uint64_t restorer;
  std::uint64_t mask;
};

struct FreedRange {
  static std::uint64_t pack(std::uintptr_t start, std::size_t bytes) { return ((start - window_begin) >> 12) << 32 | (bytes >> 12); }
  static std::uintptr_t start(std::uint64_t packed) { return window_begin + ((packed >> 32) << 12); }
  static std::size_t bytes(std::uint64_t packed) { return (packed & 0xffffffff) << 12; }
};

/// One thread as the program knows it and as the kernel knows it now.
struct ThreadId {
  static std::uint64_t pack(std::int32_t program, std::int32_t kernel) {
    return static_cast<std::uint64_t>(program) << 32 | static_cast<std::uint32_t>(kernel);
  }
  static std::int32_t program(std::uint64_t packed) { return static_cast<std::int32_t>(packed >> 32); }
  static std::int32_t kernel(std::uint64_t packed) { return static_cast<std::int32_t>(packed & 0xffffffff); }
};

/// A child that a restart has ended, or that had ended before and was not waited for; `status` as wait(2) tells it.
struct EndedChild {
  static std::uint64_t pack(std::int32_t pid, std::int32_t status) { return static_cast<std::uint64_t>(pid) << 32 | static_cast<std::uint32_t>(status); }
  static std::int32_t pid(std::uint64_t packed) { return static_cast<std::int32_t>(packed >> 32); }
  static std::int32_t status(std::uint64_t packed) { return static_cast<std::int32_t>(packed & 0xffffffff); }
};

/// Another process of the family: the id that the program knows it by, and the kernel's since the last restart.
struct Relative {
  static std::uint64_t pack(std::int32_t known, std::int32_t kernel) { return static_cast<std::uint64_t>(known) << 32 | static_cast<std::uint32_t>(kernel); }
  static std::int32_t known(std::uint64_t packed) { return static_cast<std::int32_t>(packed >> 32); }
  static std::int32_t kernel(std::uint64_t packed) { return static_cast<std::int32_t>(packed & 0xffffffff); }
};

/// A path that the program watches by inotify; the kernel tells it to nobody.
struct WatchNote {
  const WatchNote* next;
  std::int32_t descriptor, watch;
  std::uint32_t mask, path_bytes;
  char path[];
};

struct WindowState {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t checkpoint_signal;  ///< the request signal, kept for the lower half
  std::uint64_t loaded_objects;     ///< r_debug of the upper ld.so, by which a debugger finds the program's libraries
  char executable[4096];            ///< what /proc/self/exe shall say
  volatile std::uint64_t cursor;    ///< next fresh address for mmap
  volatile std::uint64_t brk_current;
  volatile std::uint64_t outside;  ///< an address the application has mapped outside of the window, or 0
  std::uint64_t stack_begin, stack_end;
  std::uint64_t arguments_begin, arguments_end;  ///< the program's argument strings, for /proc/PID/cmdline
  volatile std::int64_t process;                 ///< id of the rank's process; another one runs in a forked child
  std::int64_t program_process;                  ///< what getpid() tells: its id before the first restart
  std::int64_t former_processes[16];             ///< ids that the program may remember from before restarts, newest first; 0: none
  volatile std::int64_t time_lost_ns;            ///< CLOCK_MONOTONIC that has passed between checkpoints and restarts, in all
  std::uint64_t executable_scans;                ///< code mappings scanned
  std::uint64_t patched_sites;
  volatile std::uint64_t freed[64];  ///< FreedRange, 0 = empty
  KernelSigaction actions[65];       ///< dispositions as the application set them
  std::uint8_t action_known[65];
  const WatchNote* volatile watches;                       ///< newest first
  volatile std::uint64_t watch_notes;                      ///< where the next one goes in a stretch of its own; 0: none yet
  volatile std::uint32_t advised;                          ///< 1: some memory has advice that lasts (madvise)
  std::uint64_t launch_affinity[16];                       ///< processors that the launcher gave this process, in the kernel's words
  volatile std::uint32_t thread_ids_used;                  ///< slots of `thread_ids` that have ever been used in this process; 0: nothing to translate
  volatile std::uint32_t made_thread_ids;                  ///< ids given out by us because the kernel's was taken, see threads.cpp
  volatile std::uint64_t thread_ids[tracked_thread_ids];   ///< ThreadId of threads restored in this process, 0 = empty
  volatile std::uint64_t ended_children[256];              ///< EndedChild, 0 = empty
  volatile std::uint64_t relatives[256];                   ///< Relative, 0 = empty; only those whose two ids differ
  volatile std::uint64_t owned[tracked_descriptors / 64];  ///< descriptors opened by upper-half code
  volatile std::uint64_t lower[tracked_descriptors / 64];  ///< descriptors of the current lower half: close() spares them
};
static_assert(sizeof(WindowState) <= window_state_bytes);
static_assert(offsetof(WindowState, loaded_objects) == 16 && offsetof(WindowState, executable) == 24);  // restart/gdb.py

[[gnu::always_inline]] inline WindowState& window() { return *reinterpret_cast<WindowState*>(window_state_address); }

/// Slots of `thread_ids` to look at.
[[gnu::always_inline]] inline std::uint32_t thread_id_slots() {
  std::uint32_t used = window().thread_ids_used;
  return used < tracked_thread_ids ? used : tracked_thread_ids;
}

/// At `resident_address`: what the lower half needs to know of the resident code in the image.
struct ResidentHeader {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t vdso_offset;  ///< from resident_address
  std::uint64_t stubs[static_cast<std::size_t>(Redirected::count)];
  std::uint64_t signal_door;
  std::uint64_t redirect_code;  ///< void (begin, end, prot): patches freshly mapped code
  InterruptibleCalls interruptible;
  std::uint64_t stub_of_any;                               ///< stub for calls whose number is in %eax
  std::uint64_t is_redirected;                             ///< clears ZF if there is a stub for %eax
  std::uint64_t opening_call_returns, opening_call_noted;  ///< between them there may be a descriptor in rax that is not noted
  std::uint64_t pair_call_returns, pair_call_noted;        ///< the same for two at rbp, when rax is 0
  std::uint64_t closing_call_begins, closing_call_enters;  ///< at the second the descriptor in rdi is not noted any more; CF: it was
};

[[gnu::always_inline]] inline const ResidentHeader& resident() { return *reinterpret_cast<const ResidentHeader*>(resident_address); }

}  // namespace mana
