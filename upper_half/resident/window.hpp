// SPDX-License-Identifier: Apache-2.0
// The window's own state: the first pages of the window, saved with every image. Everything that redirected system
// calls must remember stands here, at a fixed address, so that a restarted rank goes on with the same allocator.
// Lock-free: a thread may be stopped for a checkpoint inside any of the functions that use it.
// Version history: 1 first version.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/gate.hpp"

namespace mana {

inline constexpr std::uint64_t window_magic = 0x776f646e69774dULL;
inline constexpr std::uint32_t window_version = 1;
inline constexpr std::uintptr_t window_state_address = window_begin;
inline constexpr std::size_t window_state_bytes = 0x10000;
/// Where the resident code (syscall stubs, signal door, synthetic vDSO) is linked and mapped.
inline constexpr std::uintptr_t resident_address = window_begin + 0x10000;
inline constexpr std::uintptr_t window_stack_limit = window_begin + 0x80000000;        // stack of the main thread ends below
inline constexpr std::uintptr_t window_brk_start = window_begin + 0x100000000;          // + 4 GiB
inline constexpr std::uintptr_t window_brk_limit = window_begin + 0x2000000000;         // 128 GiB
inline constexpr std::uintptr_t window_mmap_start = window_begin + 0x2000000000;
inline constexpr std::uintptr_t window_mmap_end = window_end - 0x100000000;

inline constexpr std::uint32_t tracked_descriptors = 65536;
/// Stops upper threads for a checkpoint; never visible to the application.
inline constexpr int stop_signal = 62;

struct KernelSigaction {
  std::uint64_t handler;
  std::uint64_t flags;
  std::uint64_t restorer;
  std::uint64_t mask;
};

struct FreedRange {
  static std::uint64_t pack(std::uintptr_t start, std::size_t bytes) {
    return ((start - window_begin) >> 12) << 32 | (bytes >> 12);
  }
  static std::uintptr_t start(std::uint64_t packed) { return window_begin + ((packed >> 32) << 12); }
  static std::size_t bytes(std::uint64_t packed) { return (packed & 0xffffffff) << 12; }
};

struct WindowState {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t checkpoint_signal;        ///< the request signal, kept for the lower half
  volatile std::uint64_t cursor;          ///< next fresh address for mmap
  volatile std::uint64_t brk_current;
  volatile std::uint64_t outside;         ///< an address the application has mapped outside of the window, or 0
  std::uint64_t stack_begin, stack_end;
  volatile std::int64_t process;          ///< id of the rank's process; another one runs in a forked child
  std::int64_t former_processes[16];      ///< ids that the program may remember from before restarts, newest first; 0: none
  volatile std::int64_t time_lost_ns;     ///< CLOCK_MONOTONIC that has passed between checkpoints and restarts, in all
  std::uint64_t executable_scans;         ///< code mappings scanned
  std::uint64_t patched_sites;
  volatile std::uint64_t freed[64];       ///< FreedRange, 0 = empty
  KernelSigaction actions[65];            ///< dispositions as the application set them
  std::uint8_t action_known[65];
  char executable[4096];                  ///< what /proc/self/exe shall say
  volatile std::uint64_t owned[tracked_descriptors / 64];  ///< descriptors opened by upper-half code
  volatile std::uint64_t lower[tracked_descriptors / 64];  ///< descriptors of the current lower half: close() spares them
};
static_assert(sizeof(WindowState) <= window_state_bytes);

[[gnu::always_inline]] inline WindowState& window() { return *reinterpret_cast<WindowState*>(window_state_address); }

/// At `resident_address`: what the lower half needs to know of the resident code in the image.
struct ResidentHeader {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t vdso_offset;                       ///< from resident_address
  std::uint64_t stubs[static_cast<std::size_t>(Redirected::count)];
  std::uint64_t signal_door;
  std::uint64_t redirect_code;                     ///< void (begin, end, prot): patches freshly mapped code
  std::uint64_t timed_call_returns;                ///< address behind the system call of calls that go on after a checkpoint
};

[[gnu::always_inline]] inline const ResidentHeader& resident() { return *reinterpret_cast<const ResidentHeader*>(resident_address); }

}  // namespace mana
